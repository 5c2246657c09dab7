package dev.raiju.kernels.metal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.gpu.GpuBackend;
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
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The model that ships: a clip of this backend is that of the CPU, and every operation of it, from the text to the frames, runs on
/// kernels of this backend alone.
class ShippedModelTest {
  private static final Path MODEL = Path.of(System.getProperty("raiju.root")).resolve("models/pretrained/shapes");

  private static Clip clip(Device device) throws Exception {
    Prompt prompt = Prompt.of("a red circle moves right").seed(7).steps(4).size(32, 32).frames(5);
    try (VideoPipeline pipeline = VideoPipeline.load(ModelFolder.open(MODEL), device, Progress.NONE)) {
      return pipeline.generate(prompt, Progress.NONE);
    }
  }

  @Test
  void aClipIsThatOfTheCpu() throws Exception {
    GpuBackend backend = StandIn.backend();
    Set<String> all = new TreeSet<>();
    Set<String> without = new TreeSet<>();
    Trace.Listener listener = (op, in, out) -> {
      if (op instanceof View || op instanceof ToDevice || in.stream().anyMatch(t -> !t.device().name().equals("metal"))) return;
      all.add(op.name());
      if (backend.kernel(op, in.stream().map(Tensor::spec).toList()).isEmpty())
        without.add(op.name() + " " + in.stream().map(Tensor::spec).toList());
    };
    Clip clip;
    long begin = System.nanoTime();
    try (var registration = Trace.listen(listener)) {
      clip = clip(Device.of(backend));
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertTrue(all.contains("attention") && all.contains("linear") && all.contains("convolution"), all::toString);
    assertEquals(Set.of(), without);
    Clip expected = clip(Device.named("cpu"));
    int most = 0;
    int different = 0;
    int count = 0;
    for (int frame = 0; frame < expected.frames(); frame++) {
      byte[] a = expected.frame(frame);
      byte[] b = clip.frame(frame);
      assertEquals(a.length, b.length);
      count += a.length;
      for (int i = 0; i < a.length; i++) {
        int difference = Math.abs((a[i] & 255) - (b[i] & 255));
        most = Math.max(most, difference);
        if (difference > 0) different++;
      }
    }
    System.out.printf(
        "metal: a clip of the shipped model: %d of %d values differ from the CPU's, by at most %d of 255; %.1f s%n",
        different, count, most, seconds);
    // sums run in another order, which may move a value over the edge between two steps
    assertTrue(most <= 1 && different <= count / 100, most + ", " + different + " of " + count);
  }

  @AfterAll
  static void theHostMadeNoMistake() { StandIn.wasUsedRightly(); }
}
