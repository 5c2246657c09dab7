package dev.raiju.models.pipeline;

import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// So much memory, and how a clip is made in it.
///
/// @param bytes that weights and activations may take together
public record Budget(long bytes) {
  // from here on a sampler takes no more memory from step to step
  private static final int STEPS = 3;
  // sides of a clip that are tried, in parts of those that were asked for
  private static final double[] SCALES = {0.75, 0.5, 0.375, 0.25, 0.125};

  public Budget {
    if (bytes < 1) throw new IllegalArgumentException("memory: " + bytes + " bytes; needs one or more");
  }

  /// A way to make clips with a model, such as with its weights in a type or its frames in tiles.
  @FunctionalInterface
  interface Way {
    ClipEstimate estimate(Prompt prompt) throws IOException;
  }

  /// What the clip takes in the first way that fits.
  ///
  /// @param longest whether the text of the prompt counts as the longest that the model reads
  /// @throws IllegalArgumentException if none does; the message says how many bytes are needed and which clips would fit
  public ClipEstimate fit(ModelFolder model, Prompt prompt, boolean longest, Device device) throws IOException {
    Recipe recipe = model.recipe();
    Prompt whole = prompt.size(prompt.width().orElse(recipe.width()), prompt.height().orElse(recipe.height())).frames(prompt
        .frames().orElse(recipe.frames())).guidance(prompt.guidance().orElse(recipe.guidance()));
    boolean anyCount = recipe.sampler() != Recipe.Kind.FEW_STEP;
    ClipSize size;
    try (Rehearsal rehearsal = Rehearsal.load(model, device)) {
      size = rehearsal.size();
    }
    Way stored = asked -> longest
        ? ClipEstimate.ofLongest(model, asked, device)
        : ClipEstimate.of(model, asked, device);
    Prompt trial = anyCount ? whole.steps(Math.min(STEPS, prompt.steps().orElse(recipe.steps()))) : whole;
    return choose(List.of(stored), whole, size, trial);
  }

  /// The first way that fits.
  ///
  /// @param size which sizes there are
  /// @param trial takes as much memory as `prompt`, and less time to find out
  ClipEstimate choose(List<Way> ways, Prompt prompt, ClipSize size, Prompt trial) throws IOException {
    for (Way way : ways) {
      if (fits(way, trial)) return way.estimate(prompt);
    }
    Way last = ways.getLast();
    StageEstimate needed = last.estimate(trial).largest();
    List<String> knobs = knobs(last, trial, size);
    throw new IllegalArgumentException(String.format(Locale.ROOT,
        "memory: %s needs %,d bytes, %,d of them weights, and may have %,d; %s", needed.stage().name().toLowerCase(Locale.ROOT),
        needed.bytes(), needed.weights().mapped() + needed.weights().copied(), bytes, knobs.isEmpty()
            ? "no clip fits, use a smaller model or give more"
            : "give more, or " + String.join(", or ", knobs)));
  }

  private boolean fits(Way way, Prompt prompt) throws IOException { return way.estimate(prompt).largest().bytes() <= bytes; }

  /// What the user may ask for in place, each found to fit alone.
  private List<String> knobs(Way way, Prompt prompt, ClipSize size) throws IOException {
    List<String> knobs = new ArrayList<>();
    frames(way, prompt, size.frames()).ifPresent(frames -> knobs.add("a length of " + frames + " frames"));
    int width = prompt.width().orElseThrow();
    int height = prompt.height().orElseThrow();
    for (double scale : SCALES) {
      int wide = size.width().below((long) (scale * width));
      int high = size.height().below((long) (scale * height));
      if (!fits(way, prompt.size(wide, high))) continue;
      knobs.add("a size of " + wide + "x" + high);
      break;
    }
    if (prompt.guidance().orElseThrow() != 1 && fits(way, prompt.guidance(1))) knobs.add("a guidance of 1");
    return knobs;
  }

  /// The longest clip that fits.
  private Optional<Integer> frames(Way way, Prompt prompt, ClipSize.Axis axis) throws IOException {
    int fitting = -1;
    int failing = (prompt.frames().orElseThrow() - axis.first()) / axis.step();
    while (failing - fitting > 1) {
      int middle = (failing + fitting) / 2;
      if (fits(way, prompt.frames(axis.first() + middle * axis.step()))) fitting = middle;
      else
        failing = middle;
    }
    return fitting < 0 ? Optional.empty() : Optional.of(axis.first() + fitting * axis.step());
  }
}
