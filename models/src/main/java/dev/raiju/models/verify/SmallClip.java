package dev.raiju.models.verify;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.ToDevice;
import dev.raiju.tensor.op.View;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/// A clip of 5 frames of 32 x 32 in four steps, of a device and of the CPU: it shows whether a backend runs a model, from the text to
/// the frames, on kernels of its own, and whether that is what the CPU makes.
///
/// @param operations that the device did, by name
/// @param without those of them for which it has no kernel, with their kinds
/// @param difference of the pixels
/// @param seconds that the device took, with the model's way into its memory
public record SmallClip(Set<String> operations, Set<String> without, PixelDifference difference, double seconds) {
  public SmallClip {
    operations = Set.copyOf(operations);
    without = Set.copyOf(without);
  }

  /// Makes both clips.
  ///
  /// @throws dev.raiju.tensor.io.ModelFormatException if the model cannot be read
  public static SmallClip of(ModelFolder model, Device device) throws IOException {
    Set<String> operations = new TreeSet<>();
    Set<String> without = new TreeSet<>();
    Trace.Listener listener = (op, in, _) -> {
      if (op instanceof View || op instanceof ToDevice || in.stream().anyMatch(t -> !t.device().equals(device))) return;
      operations.add(op.name());
      var specs = in.stream().map(Tensor::spec).toList();
      if (device.backend().kernel(op, specs).isEmpty()) without.add(op.name() + " " + specs);
    };
    long begin = System.nanoTime();
    Clip found;
    try (var _ = Trace.listen(listener)) {
      found = clip(model, device);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    Clip wanted = clip(model, Device.named("cpu"));
    PixelDifference difference = PixelDifference.NONE;
    for (int frame = 0; frame < wanted.frames(); frame++)
      difference = difference.plus(PixelDifference.of(wanted.frame(frame), found.frame(frame)));
    return new SmallClip(operations, without, difference, seconds);
  }

  private static Clip clip(ModelFolder model, Device device) throws IOException {
    Prompt prompt = Prompt.of("a red circle moves right").seed(7).steps(4).size(32, 32).frames(5);
    try (VideoPipeline pipeline = VideoPipeline.load(model, device, Progress.NONE)) {
      return pipeline.generate(prompt, Progress.NONE);
    }
  }
}
