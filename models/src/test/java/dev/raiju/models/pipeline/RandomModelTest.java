package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.io.AffineFile;
import dev.raiju.tensor.io.ConvertedFile;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Gguf;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.op.Dequantize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A small model made as the large ones are, and what is measured on such.
class RandomModelTest {
  private static final WanConfig WAN = new WanConfig(64, 2, 32, 128, 3, 64, 24, 64, 16, 16, new WanConfig.Patch(1, 2, 2), 1e-6f,
      10000);
  private static final Umt5Config TEXT = new Umt5Config(1600, 64, 2, 32, 128, 2, 32, 128, 1e-6f);
  private static final Device DEVICE = Device.best();
  private static final Prompt SMALL = Prompt.of("a red circle moves right").size(32, 32).frames(5).steps(1);

  @TempDir
  private static Path folder;
  private static Path first;

  private static RandomModel model(long seed, Optional<Path> encoder) {
    return new RandomModel(WAN, TEXT, TaeConfig.SMALL, TinyPipeline.tokenizerFile(), encoder, seed);
  }

  @BeforeAll
  static void write() throws IOException {
    first = folder.resolve("first");
    model(7, Optional.empty()).write(first);
  }

  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
  }

  @Test
  void matricesKeepTheSizeOfWhatTheyMultiply() throws IOException {
    ModelFolder opened = ModelFolder.open(first);
    try (Scope scope = Scope.open();
        Umt5Encoder encoder = opened.textEncoder(DEVICE);
        WanTransformer transformer = opened.transformer(DEVICE)) {
      Tensor gate = encoder.blocks().getFirst().feedForward().gate();
      assertEquals(DType.Q4_G64_BF16, gate.dtype());
      assertInstanceOf(BlockPlanes.class, gate.buffer());
      double[] values = Dequantize.dequantize(gate, DType.F32).toDoubles();
      assertEquals(1 / 8.0, deviation(values), 0.01);
      assertEquals(0, Arrays.stream(values).average().orElseThrow(), 0.01);
      Tensor up = transformer.blocks().getLast().feedForward().up();
      assertEquals(DType.BF16, up.dtype());
      assertEquals(1 / 8.0, deviation(up.toDoubles()), 0.01);
      double[] norm = encoder.norm().weight().toDoubles();
      assertEquals(1, Arrays.stream(norm).average().orElseThrow(), 0.05);
      assertEquals(0.1, deviation(norm), 0.05);
      // no two rows alike, and no holes
      assertEquals(up.shape().elements(), Arrays.stream(up.toDoubles()).filter(v -> v != 0).count());
      assertFalse(Arrays.equals(Arrays.copyOf(values, 64), Arrays.copyOfRange(values, 64, 128)));
    }
  }

  @Test
  void theSeedDecides() throws IOException {
    Path again = folder.resolve("again");
    Path other = folder.resolve("other");
    model(7, Optional.of(first.resolve("text_encoder"))).write(again);
    model(8, Optional.empty()).write(other);
    String weights = "transformer/diffusion_pytorch_model.safetensors";
    assertArrayEquals(Files.readAllBytes(first.resolve(weights)), Files.readAllBytes(again.resolve(weights)));
    assertFalse(Arrays.equals(Files.readAllBytes(first.resolve(weights)), Files.readAllBytes(other.resolve(weights))));
    assertFalse(Files.exists(again.resolve("text_encoder")));
    assertEquals(first.resolve("text_encoder"), ModelFolder.open(again).parts().get("text_encoder"));
    assertThrows(IllegalArgumentException.class, () -> model(7, Optional.empty()).write(first));
  }

  @Test
  void makesClipsInTheTypesThatAreAskedFor() throws IOException {
    Precision narrow = new Precision(Optional.of(DType.Q8_G64_F16), DType.BF16);
    for (Precision precision : List.of(Precision.STORED, narrow)) {
      ModelFolder opened = ModelFolder.open(first).with(precision);
      try (VideoPipeline pipeline = VideoPipeline.load(opened, DEVICE, Progress.NONE)) {
        Weights text = opened.weights(DEVICE).get("text_encoder");
        assertTrue(text.types().get(DType.Q4_G64_BF16) > 0.9 * text.mapped(), text::toString);
        Weights transformer = opened.weights(DEVICE).get("transformer");
        DType held = precision.weights().orElse(DType.BF16);
        assertTrue(transformer.types().keySet().containsAll(List.of(held, DType.F32)), transformer::toString);
        assertEquals(2, transformer.types().size(), transformer::toString);
        assertEquals(precision == narrow ? 0 : transformer.types().get(DType.BF16), transformer.mapped());
        Clip clip = pipeline.generate(SMALL, Progress.NONE);
        assertEquals(5, clip.frames());
        // the estimate knows of the types too
        var estimate = ClipEstimate.of(opened, SMALL, DEVICE).stages().get(1);
        assertEquals(transformer.types(), estimate.weights().types());
      }
    }
    assertThrows(IllegalArgumentException.class, () -> new Precision(Optional.of(DType.I32), DType.F32));
    assertThrows(IllegalArgumentException.class, () -> new Precision(Optional.empty(), DType.Q8_G64));
  }

  /// A text encoder in a GGUF file is held where it lies, and planned so.
  @Test
  void packedWeightsStayInTheirFile() throws IOException {
    Path packed = folder.resolve("packed");
    model(7, Optional.empty()).write(packed);
    Path stored = packed.resolve("text_encoder/model.safetensors");
    try (TensorFile file = TensorFile.open(stored)) {
      Durable.system().write(packed.resolve("text_encoder/model.gguf"), Gguf.contents(ConvertedFile.of(AffineFile.of(file),
          DType.Q8_0), Map.of()));
    }
    Files.delete(stored);
    ModelFolder opened = ModelFolder.open(packed);
    Weights text = opened.weights(DEVICE).get("text_encoder");
    assertEquals(text.types().get(DType.Q8_0), text.inFiles().get(DType.Q8_0));
    assertEquals(text.mapped(), text.inFiles().get(DType.Q8_0));
    assertTrue(text.mapped() > 20 * text.copied(), text::toString);
    assertTrue(text.toString().matches("q8_0 [0-9.]+ MB \\(mapped\\), f32 [0-9.]+ kB"), text::toString);
    assertEquals(text.types(), ClipEstimate.of(opened, SMALL, DEVICE).stages().getFirst().weights().types());
    Planning plan = Planning.of(DEVICE);
    long live = HostMemory.liveBytes();
    Buffer table;
    try (Umt5Encoder planned = opened.textEncoder(plan.device()); Umt5Encoder read = opened.textEncoder(DEVICE)) {
      assertEquals(plan.liveBytes(), HostMemory.liveBytes() - live);
      assertEquals(planned.parameters().size(), read.parameters().size());
      table = read.embedding().weight().buffer();
      assertEquals(1, table.owners());
    }
    assertEquals(0, table.owners());
    assertEquals(live, HostMemory.liveBytes());
    try (VideoPipeline pipeline = VideoPipeline.load(opened, DEVICE, Progress.NONE)) {
      assertEquals(5, pipeline.generate(SMALL, Progress.NONE).frames());
    }
  }

  private static long denoising(ModelFolder model, int steps) throws IOException {
    return ClipEstimate.ofLongest(model, SMALL.guidance(1).steps(steps), DEVICE).stages().stream().filter(stage -> stage
        .stage() == Stage.DENOISE).findFirst().orElseThrow().flops();
  }

  @Test
  void aStepIsMeasuredWholeOrByItsBlocks() throws IOException {
    ModelFolder opened = ModelFolder.open(first);
    // keys and values of the text are there before the first step
    long estimated = denoising(opened, 3) - denoising(opened, 2);
    try (StepTiming.Bench bench = StepTiming.Bench.load(opened, SMALL, DEVICE)) {
      StepTiming whole = bench.run(99, Progress.NONE);
      StepTiming one = bench.run(1, Progress.NONE);
      assertEquals(3, whole.blocks());
      assertEquals(whole.flops(), whole.stepFlops());
      assertEquals(whole.flops(), one.stepFlops());
      assertEquals(whole.blockFlops(), 3 * one.blockFlops());
      assertEquals(whole.seconds(), whole.stepSeconds(), 1e-9);
      assertEquals(estimated, (double) whole.flops(), 0.01 * estimated);
      assertTrue(one.blockSeconds() < one.seconds() && one.stepSeconds() > one.seconds());
    }
  }

  @Test
  void narrowerTypesCauseLargerErrors() throws IOException {
    List<Precision> ways = List.of(Precision.STORED, new Precision(Optional.of(DType.F32), DType.F32), new Precision(Optional.of(
        DType.Q8_G64_F16), DType.F32), new Precision(Optional.of(DType.Q4_G64_F16), DType.F32));
    List<TypeError> errors = TypeError.measure(ModelFolder.open(first), ways, List.of(SMALL.text(), "a blue star"), SMALL, DEVICE,
        Progress.NONE);
    assertEquals(ways, errors.stream().map(TypeError::precision).toList());
    // bf16 fits into f32
    assertEquals(0, errors.get(0).velocityError());
    assertEquals(0, errors.get(1).velocityError());
    assertEquals(1, errors.get(1).cosine(), 1e-9);
    double eight = errors.get(2).velocityError();
    double four = errors.get(3).velocityError();
    assertTrue(eight > 1e-4 && eight < 0.03 && four > 8 * eight && four < 0.5, eight + " and " + four);
    for (TypeError error : errors) assertTrue(error.leastCosine() <= error.cosine(), error::toString);
    // the encoder was of 4 bits before: twice rounded, its attention falls on other tokens
    assertTrue(errors.get(2).cosine() > 0.99 && errors.get(3).cosine() > 0.7, errors::toString);
    assertTrue(errors.get(3).transformerBytes() < 0.8 * errors.get(2).transformerBytes(), errors::toString);
  }
}
