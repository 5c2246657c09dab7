package dev.raiju.models.pipeline;

import dev.raiju.models.sampler.DpmSolver;
import dev.raiju.models.sampler.Euler;
import dev.raiju.models.sampler.FewStep;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.sampler.Schedule;
import dev.raiju.models.sampler.UniPc;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// How a model wants to be run: what it was trained or distilled for. Stored beside the weights as `raiju.json`, so that a
/// distilled model is never run like its teacher.
///
/// @param sampler how noise becomes data
/// @param steps the usual number; the only one for [Kind#FEW_STEP]
/// @param shift of the noise levels
/// @param guidance the usual strength; 1 runs the prompt alone
/// @param negative the usual negative prompt
/// @param width pixels
/// @param height pixels
/// @param frames of a clip
/// @param framesPerSecond at which it plays
public record Recipe(Kind sampler, int steps, double shift, double guidance, String negative, int width, int height, int frames,
    int framesPerSecond) {
  /// Ways of sampling. A few-step model has been distilled to its number of steps and takes no guidance.
  public enum Kind {
    /// Straight steps, evenly spaced before the shift.
    EULER("euler"),
    /// UniPC with the levels of the Wan repository.
    UNIPC("unipc"),
    /// DPM-Solver++ with the levels of the Wan repository.
    DPM("dpm++"),
    /// Straight steps with the levels of diffusers, which shifts the smallest twice.
    DIFFUSERS_EULER("diffusers-euler"),
    /// UniPC with the levels of diffusers.
    DIFFUSERS_UNIPC("diffusers-unipc"),
    /// DPM-Solver++ with the levels of diffusers.
    DIFFUSERS_DPM("diffusers-dpm++"),
    /// From the guess of each step to the noise level of the next.
    FEW_STEP("few-step");

    private final String label;

    Kind(String label) { this.label = label; }

    /// What recipes and commands call it.
    public String label() { return label; }

    /// The kind of this label.
    ///
    /// @throws IllegalArgumentException if there is none; the message has the nearest, and all
    public static Kind of(String label) {
      List<String> labels = Arrays.stream(values()).map(Kind::label).toList();
      int index = labels.indexOf(label.toLowerCase(Locale.ROOT).replace('_', '-'));
      if (index >= 0) return values()[index];
      throw new IllegalArgumentException("sampler: " + label + new Nearest(label, labels) + "; needs one of " + String.join(", ",
          labels));
    }
  }

  /// What Wan 2.1 T2V 1.3B was published with, and what a folder without a recipe is run with.
  public static final Recipe WAN = new Recipe(Kind.UNIPC, 50, 5, 6,
      "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走",
      832, 480, 81, 16);

  private static final int LARGEST = 1 << 16;

  /// Reads a recipe.
  ///
  /// @throws ModelFormatException if a key is missing, unknown or makes no sense
  public static Recipe read(Fields json) throws ModelFormatException {
    Kind kind;
    try {
      kind = Kind.of(json.string("sampler"));
    } catch (IllegalArgumentException e) {
      throw json.refuse("sampler", String.valueOf(e.getMessage()));
    }
    Recipe recipe = new Recipe(kind, json.integer("steps", 1, 1000), json.number("shift"), json.number("guidance", 1), json
        .string("negative", ""),
        json.integer("width", 1, LARGEST), json.integer("height", 1, LARGEST), json.integer("frames", 1, LARGEST),
        json.integer("frames_per_second", 1, 1000));
    if (!(recipe.shift > 0)) throw json.refuse("shift", "is " + recipe.shift + "; needs a positive number");
    json.refuseUnknown();
    return recipe;
  }

  public Json.Obj write() {
    return Json.object().with("sampler", sampler.label()).with("steps", steps).with("shift", shift).with("guidance", guidance)
        .with("negative", negative)
        .with("width", width).with("height", height).with("frames", frames).with("frames_per_second", framesPerSecond);
  }

  /// The sampler for a prompt that may ask for another one.
  ///
  /// @throws IllegalArgumentException if the model was distilled to another sampler or number of steps
  Sampler sampler(Kind kind, int count, double shift) {
    if (sampler == Kind.FEW_STEP && kind != Kind.FEW_STEP) {
      throw new IllegalArgumentException("sampler: " + kind.label() + ": this model was distilled to few steps and runs with "
          + Kind.FEW_STEP.label());
    }
    if (sampler == Kind.FEW_STEP && count != steps) {
      throw new IllegalArgumentException("steps: " + count + ": this model was distilled to " + steps
          + " steps and runs with no other number");
    }
    return switch (kind) {
      case EULER -> new Euler(Schedule.flow(count, shift));
      case UNIPC -> new UniPc(Schedule.wanUniPc(count, shift));
      case DPM -> new DpmSolver(Schedule.wanDpm(count, shift));
      case DIFFUSERS_EULER -> new Euler(Schedule.diffusersEuler(count, shift));
      case DIFFUSERS_UNIPC -> new UniPc(Schedule.diffusersUniPc(count, shift));
      case DIFFUSERS_DPM -> new DpmSolver(Schedule.diffusersDpm(count, shift));
      case FEW_STEP -> {
        int[] listed = new int[count];
        for (int i = 0; i < count; i++) listed[i] = 1000 - 1000 * i / count;
        yield FewStep.warped(shift, listed);
      }
    };
  }
}
