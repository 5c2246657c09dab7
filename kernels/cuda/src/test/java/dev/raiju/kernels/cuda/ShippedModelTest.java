package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.models.pipeline.ClipEstimate;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.verify.SmallClip;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.ToDevice;
import dev.raiju.tensor.op.View;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The model that ships runs on kernels of this backend alone, from the text to the frames.
class ShippedModelTest {
  private static final Path MODEL = Path.of(System.getProperty("raiju.root")).resolve("models/pretrained/shapes");

  @Test
  void everyOperationOfAClipHasAKernel() throws Exception {
    GpuBackend backend = StandIn.backend();
    Set<String> all = new TreeSet<>();
    Set<String> without = new TreeSet<>();
    Trace.Listener listener = (op, in, out) -> {
      if (op instanceof View || op instanceof ToDevice) return;
      all.add(op.name());
      if (isMissing(backend, op, in)) without.add(op.name() + " " + in.stream().map(Tensor::spec).toList());
    };
    try (var registration = Trace.listen(listener)) {
      // a rehearsal computes nothing, and applies every operation; only devices in host memory can rehearse
      ClipEstimate.of(ModelFolder.open(MODEL), Prompt.of("a red circle moves right"), Device.named("cpu"));
    }
    System.out.println("cuda: the shipped model's operations: " + all);
    assertTrue(all.contains("attention") && all.contains("linear") && all.contains("convolution"), all::toString);
    assertEquals(Set.of(), without);
  }

  @Test
  void aSmallClipIsThatOfTheCpu() throws Exception {
    SmallClip clip = SmallClip.of(ModelFolder.open(MODEL), Device.of(StandIn.backend()));
    System.out.printf("cuda: a clip of the shipped model: %s; %.1f s%n", clip.difference(), clip.seconds());
    assertEquals(Set.of(), clip.without());
    assertTrue(clip.difference().isRounding(), clip::toString);
  }

  private static boolean isMissing(GpuBackend backend, Op op, List<Tensor> in) {
    return backend.kernel(op, in.stream().map(Tensor::spec).toList()).isEmpty();
  }
}
