package dev.raiju.models.pipeline;

import dev.raiju.models.sampler.Sampler;
import dev.raiju.tensor.Shape;
import java.io.IOException;
import java.util.Optional;

/// What a prompt comes to with a model.
///
/// @param text what the clip shows
/// @param negative what it shall not look like, where guidance is used
/// @param seed of the noise
/// @param sampler with its steps
/// @param guidance 1 for none
/// @param latent the shape that is denoised, `[1, C, T, H, W]`
public record ClipPlan(String text, Optional<String> negative, long seed, Sampler sampler, double guidance, Shape latent) {
  /// Looks at a model; no weights are read.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do
  public static ClipPlan of(Prompt prompt, ModelParts parts) throws IOException {
    return of(prompt, parts.recipe(), ModelShapes.of(parts));
  }

  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do
  static ClipPlan of(Prompt prompt, Recipe recipe, ModelShapes model) {
    double guidance = prompt.guidance().orElse(recipe.guidance());
    if (recipe.sampler() == Recipe.Kind.FEW_STEP && guidance != 1) {
      throw new IllegalArgumentException("guidance: " + guidance + ": this model was distilled without guidance and runs with 1");
    }
    if (!(guidance >= 0) || guidance > 100) throw new IllegalArgumentException("guidance: " + guidance + "; needs 0 to 100");
    if (prompt.text().isBlank()) throw new IllegalArgumentException("prompt: is empty; say what the clip shall show");
    double shift = prompt.shift().orElse(recipe.shift());
    if (!(shift > 0) || shift > 1000) throw new IllegalArgumentException("shift: " + shift + "; needs more than 0, to 1000");
    int steps = prompt.steps().orElse(recipe.steps());
    if (steps < 1 || steps > 1000) throw new IllegalArgumentException("steps: " + steps + "; needs 1 to 1000");
    Shape latent = model.size().latent(model.channels(), prompt.width().orElse(recipe.width()), prompt.height().orElse(recipe
        .height()), prompt.frames().orElse(recipe.frames()));
    Optional<String> negative = guidance == 1 ? Optional.empty() : Optional.of(prompt.negative().orElse(recipe.negative()));
    Sampler sampler = recipe.sampler(prompt.sampler().orElse(recipe.sampler()), steps, shift);
    return new ClipPlan(prompt.text(), negative, prompt.seed(), sampler, guidance, latent);
  }

  /// How often the network runs.
  public int steps() { return sampler.schedule().steps(); }
}
