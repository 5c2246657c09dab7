package dev.raiju.export.runtime;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// What the plans of a bundle are run for: the size of the clip, and the steps from noise to a latent.
///
/// @param width pixels
/// @param height pixels
/// @param frames of the clip
/// @param framesPerSecond at which it plays
/// @param tokens how many ids the text plan takes; shorter texts are padded
/// @param latent what is denoised, `[1, C, T, H, W]`
/// @param steps in order
public record ClipRun(int width, int height, int frames, int framesPerSecond, int tokens, Shape latent, List<Step> steps) {
  private static final int LARGEST = 1 << 16;

  /// One run of the network: `data = sample + velocity · v`, then `keep · data + noise · fresh noise`.
  ///
  /// @param timestep what the network is told
  /// @param velocity usually the noise level, negative
  /// @param keep 1 where no noise is added
  /// @param noise 0 where none is added
  public record Step(double timestep, double velocity, double keep, double noise) {}

  public ClipRun { steps = List.copyOf(steps); }

  Json.Obj write() {
    List<Json> list = new ArrayList<>();
    for (Step step : steps) {
      list.add(Json.object().with("timestep", step.timestep()).with("velocity", step.velocity()).with("keep", step.keep()).with(
          "noise", step.noise()));
    }
    return Json.object().with("width", width).with("height", height).with("frames", frames).with("frames_per_second",
        framesPerSecond).with("tokens", tokens).with("latent", OpForm.integers(latent.sizes())).with("steps", new Json.Arr(list));
  }

  static ClipRun read(Fields in) throws IOException {
    List<Step> steps = new ArrayList<>();
    for (Fields step : in.objects("steps")) {
      steps.add(new Step(step.number("timestep"), step.number("velocity"), step.number("keep"), step.number("noise")));
      step.refuseUnknown();
    }
    if (steps.isEmpty() || steps.size() > LARGEST) throw in.refuse("steps", steps.size() + " of them; needs 1 to " + LARGEST);
    ClipRun run = new ClipRun(in.integer("width", 1, LARGEST), in.integer("height", 1, LARGEST), in.integer("frames", 1,
        LARGEST), in.integer("frames_per_second", 1, 1000), in.integer("tokens", 1, LARGEST), latent(in), steps);
    in.refuseUnknown();
    return run;
  }

  private static Shape latent(Fields in) throws IOException {
    try {
      Shape latent = Shape.of(in.integers("latent"));
      if (latent.rank() == 5 && latent.size(0) == 1 && latent.elements() > 0) return latent;
      throw new ShapeException("%s; needs [1, C, T, H, W]", latent);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw in.refuse("latent", String.valueOf(e.getMessage()));
    }
  }
}
