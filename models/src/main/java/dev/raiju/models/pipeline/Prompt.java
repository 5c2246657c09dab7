package dev.raiju.models.pipeline;

import dev.raiju.models.text.UnigramTokenizer;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/// What to make, and how. What is not said is as the model's [Recipe] has it.
///
/// ```java
/// Prompt.of("a red circle moves right").seed(7).steps(4)
/// ```
///
/// @param text what the clip shows
/// @param negative what it shall not look like, where guidance is used
/// @param seed of the noise: the same seed gives the same clip
/// @param steps how often the network runs
/// @param guidance how strongly the text is followed; 1 runs the text alone
/// @param sampler how noise becomes data
/// @param shift of the noise levels
/// @param width pixels
/// @param height pixels
/// @param frames of the clip
public record Prompt(String text, Optional<String> negative, long seed, OptionalInt steps, OptionalDouble guidance,
    Optional<Recipe.Kind> sampler, OptionalDouble shift, OptionalInt width, OptionalInt height, OptionalInt frames) {
  /// A prompt with seed 0.
  public static Prompt of(String text) {
    return new Prompt(text, Optional.empty(), 0, OptionalInt.empty(), OptionalDouble.empty(), Optional.empty(), OptionalDouble
        .empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
  }

  /// The ids of its text, the end token included.
  ///
  /// @param length how many a model reads
  /// @throws IllegalArgumentException if there are more
  public int[] ids(UnigramTokenizer tokenizer, int length) { return TextStage.ids(tokenizer, text, length); }

  public Prompt negative(String negative) {
    return new Prompt(text, Optional.of(negative), seed, steps, guidance, sampler, shift, width, height, frames);
  }

  public Prompt seed(long seed) {
    return new Prompt(text, negative, seed, steps, guidance, sampler, shift, width, height, frames);
  }

  public Prompt steps(int steps) {
    return new Prompt(text, negative, seed, OptionalInt.of(steps), guidance, sampler, shift, width, height, frames);
  }

  public Prompt guidance(double guidance) {
    return new Prompt(text, negative, seed, steps, OptionalDouble.of(guidance), sampler, shift, width, height, frames);
  }

  public Prompt sampler(Recipe.Kind sampler) {
    return new Prompt(text, negative, seed, steps, guidance, Optional.of(sampler), shift, width, height, frames);
  }

  public Prompt shift(double shift) {
    return new Prompt(text, negative, seed, steps, guidance, sampler, OptionalDouble.of(shift), width, height, frames);
  }

  public Prompt size(int width, int height) {
    return new Prompt(text, negative, seed, steps, guidance, sampler, shift, OptionalInt.of(width), OptionalInt.of(height),
        frames);
  }

  public Prompt frames(int frames) {
    return new Prompt(text, negative, seed, steps, guidance, sampler, shift, width, height, OptionalInt.of(frames));
  }
}
