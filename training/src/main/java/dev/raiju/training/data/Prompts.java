package dev.raiju.training.data;

import dev.raiju.tensor.Rng;
import java.util.ArrayList;
import java.util.List;

/// Sets of prompts to judge models by: as many of one shape, of two shapes and of a digit, worded as in training. Each prompt
/// has a seed of its own, so that two models start from the same noise.
public final class Prompts {
  private static final List<ClipKind> KINDS = List.of(ClipKind.ONE_SHAPE, ClipKind.TWO_SHAPES, ClipKind.DIGIT);

  private Prompts() {}

  /// Prompts that name combinations held out from training; the first prompts of a longer set are the shorter set. Every
  /// combination comes before any comes again.
  public static List<EvaluationPrompt> heldOut(int count, long seed) { return draw(count, seed, HeldOut.combinations()); }

  /// The same of combinations that were trained: the difference is what the model cannot transfer.
  public static List<EvaluationPrompt> trained(int count, long seed) { return draw(count, seed, HeldOut.training()); }

  private static List<EvaluationPrompt> draw(int count, long seed, Combinations from) {
    Rng seeds = Rng.of(seed).stream("evaluation");
    Shuffle shapes = Shuffle.of(from.shapes().size(), seed);
    Shuffle digits = Shuffle.of(from.digits().size(), seed);
    List<EvaluationPrompt> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ClipKind kind = KINDS.get(i % KINDS.size());
      int turn = i / KINDS.size();
      Rng rng = Rng.of(seed).stream(kind.stream(turn));
      // a scene, so that every prompt asks for what can be
      Scene scene = switch (kind) {
        case DIGIT -> Stage.digit(from.digits().get(digits.at(turn)), Handwriting.training(), Frames.CLIP, rng);
        case TWO_SHAPES -> Stage.shapes(from.shapes(), Frames.CLIP, MovingShapes.GAP, rng);
        case ONE_SHAPE, PICTURE -> Stage.shape(from.shapes().get(shapes.at(turn)), Frames.CLIP, rng);
      };
      Example example = Wording.example(kind, scene, rng);
      prompts.add(new EvaluationPrompt(kind, example.text(), example.caption(), Integer.toUnsignedLong(seeds.nextBits())));
    }
    return prompts;
  }
}
