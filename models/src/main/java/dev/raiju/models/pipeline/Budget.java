package dev.raiju.models.pipeline;

import com.sun.management.OperatingSystemMXBean;
import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.DoubleStream;

/// So much memory, and how a clip is made in it.
///
/// @param bytes that weights and activations may take together
public record Budget(long bytes) {
  // sides of a clip that are tried, in parts of those that were asked for
  private static final double[] SCALES = {0.75, 0.5, 0.375, 0.25, 0.125};
  // what decoding may take of what its weights leave, since the pool of tensors holds more than is in use; then as little as it can
  private static final double[] SHARES = {1, 0.75, 0.5, 0.25, 0};
  // the rest is for Java, the system, and the pages of files
  private static final double OF_MACHINE = 0.75;
  private static final double OF_BUDGET_FOR_PACKED = 0.125;

  public Budget {
    if (bytes < 1) throw new IllegalArgumentException("memory: " + bytes + " bytes; needs one or more");
  }

  /// Three quarters of the memory of this machine, or of the container that the process runs in.
  public static Budget ofMachine() { return new Budget((long) (OF_MACHINE * machineBytes())); }

  /// All memory of this machine, or of the container that the process runs in.
  public static long machineBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /// A model whose weights are packed once if its files take an eighth of this at most, and else for every product. Packed they are
  /// kept beside what they were, and are up to twice as large; they may be held wider than in the files; and clips need the rest. Where
  /// the clip is known, [#fit] finds out.
  public ModelFolder packing(ModelFolder model) throws IOException {
    return model.packingOnce(model.bytes() <= OF_BUDGET_FOR_PACKED * bytes);
  }

  /// What is left beside so many bytes of weights; at least one byte.
  long beside(long weights) { return Math.max(1, bytes - weights); }

  /// A way to make clips with a model, such as with its weights in a type or its frames in tiles.
  @FunctionalInterface
  interface Way {
    ClipEstimate estimate(Prompt prompt) throws IOException;

    /// What takes as much memory, and less time to find out: stages behind the first that takes more than `most` bytes may be
    /// missing.
    default ClipEstimate brief(Prompt prompt, long most) throws IOException { return estimate(prompt); }
  }

  /// The way that was found to fit, and what the clip takes in it.
  record Choice<W extends Way>(W way, ClipEstimate estimate) {}

  /// How a clip is made so that it fits.
  ///
  /// @param model with its weights in the types that were chosen
  /// @param decodingBytes what decoding may take beside its weights: it chooses tiles by that
  /// @param estimate what the clip takes
  public record Fit(ModelFolder model, long decodingBytes, ClipEstimate estimate) {}

  /// The first way that fits: weights are packed once and frames decoded whole where there is room, else for every product and in
  /// tiles.
  ///
  /// @param models the same model, or the same with its weights in other types; the best first
  /// @param longest whether the text of the prompt counts as the longest that the model reads
  /// @throws IllegalArgumentException if none fits; the message says how many bytes are needed and which clips would fit
  public Fit fit(List<ModelFolder> models, Prompt prompt, boolean longest, Device device) throws IOException {
    List<Tiled> ways = new ArrayList<>();
    for (ModelFolder model : models) {
      ways.addAll(ways(model.packingOnce(true), longest, device));
      ways.addAll(ways(model.packingOnce(false), longest, device));
    }
    Recipe recipe = models.getFirst().recipe();
    Prompt whole = prompt.size(prompt.width().orElse(recipe.width()), prompt.height().orElse(recipe.height())).frames(prompt
        .frames().orElse(recipe.frames())).guidance(prompt.guidance().orElse(recipe.guidance()));
    Choice<Tiled> choice = choose(ways, whole, ModelShapes.of(models.getFirst()).size());
    return new Fit(choice.way().model(), choice.way().decodingBytes(), choice.estimate());
  }

  private List<Tiled> ways(ModelFolder model, boolean longest, Device device) throws IOException {
    long beside = beside(ModelShapes.of(model).decoder().bytes());
    return DoubleStream.of(SHARES).mapToObj(share -> new Tiled(model, device, longest, Math.max(1, (long) (share * beside))))
        .toList();
  }

  /// How the latents of a clip are decoded so that it fits.
  ///
  /// @throws IllegalArgumentException if they cannot be; the message says how many bytes are needed
  public Fit fitDecoding(ModelFolder model, Prompt prompt, Device device) throws IOException {
    ClipEstimate estimate = new ClipEstimate(List.of());
    for (Tiled way : ways(model, false, device)) {
      estimate = way.rehearsal().decoding(prompt);
      if (estimate.largest().bytes() <= bytes) return new Fit(model, way.decodingBytes(), estimate);
    }
    throw refusal(estimate.largest(), "give more");
  }

  private IllegalArgumentException refusal(StageEstimate needed, String remedy) {
    return new IllegalArgumentException(String.format(Locale.ROOT,
        "memory: %s needs %,d bytes, %,d of them weights, and may have %,d; %s", needed.stage().name().toLowerCase(Locale.ROOT),
        needed.bytes(), needed.weights().bytes(), bytes, remedy));
  }

  /// A model as it is stored, decoded in so many bytes.
  private record Tiled(ModelFolder model, Device device, boolean longest, long decodingBytes) implements Way {
    private Rehearsal rehearsal() { return new Rehearsal(model, device, longest, decodingBytes); }

    @Override
    public ClipEstimate estimate(Prompt prompt) throws IOException { return rehearsal().run(prompt); }

    @Override
    public ClipEstimate brief(Prompt prompt, long most) throws IOException { return rehearsal().brief(prompt, most); }
  }

  /// The first way that fits.
  ///
  /// @param size which sizes there are
  <W extends Way> Choice<W> choose(List<W> ways, Prompt prompt, ClipSize size) throws IOException {
    for (W way : ways) {
      if (fits(way, prompt)) return new Choice<>(way, way.estimate(prompt));
    }
    Way last = ways.getLast();
    StageEstimate needed = last.brief(prompt, bytes).largest();
    List<String> knobs = knobs(last, prompt, size);
    throw refusal(needed, knobs.isEmpty()
        ? "no clip fits, use a smaller model or give more"
        : "give more, or " + String.join(", or ", knobs));
  }

  private boolean fits(Way way, Prompt prompt) throws IOException { return way.brief(prompt, bytes).largest().bytes() <= bytes; }

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
