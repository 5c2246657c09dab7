package dev.raiju.models.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsReaderTest {
  private static final Device DEVICE = Device.reference();
  private static final NameTable NAMES = NameTable.of("old", "new")
      .row("up", "fc1", "mlp.up_proj")
      .row("down", "fc2", "mlp.down_proj")
      .row("norm", "ln", "mlp.norm")
      .row("norm", "ln", "mlp.tied_norm");

  record Net(LinearLayer up, LinearLayer down, RmsNormLayer norm) implements Module<Net> {
    static Net create(Initializer init) {
      return new Net(LinearLayer.create(init, 4, 6), LinearLayer.withoutBias(init, 6, 2), RmsNormLayer.create(init, 4, 1e-6f));
    }

    @Override
    public Net map(ParameterMap p) { return new Net(p.module("up", up), p.module("down", down), p.module("norm", norm)); }
  }

  @TempDir
  private Path folder;
  private Net net;
  private Scope scope;

  @BeforeEach
  void open() {
    net = Net.create(Initializer.random(Rng.of(1), DEVICE));
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
    net.close();
  }

  private SafeTensors file(Map<String, Tensor> tensors) throws IOException {
    Path path = folder.resolve("net.safetensors");
    SafeTensors.write(path, tensors, Map.of());
    return SafeTensors.open(path);
  }

  private Map<String, Tensor> named(String naming, String prefix) {
    Map<String, Tensor> prefixed = new LinkedHashMap<>();
    NAMES.named(naming, net).forEach((name, t) -> prefixed.put(prefix + name, t));
    return prefixed;
  }

  private static void assertSame(Net expected, Net actual) {
    expected.parameters().forEach((name, t) -> assertArrayEquals(t.toFloats(), actual.parameters().get(name).toFloats(), name));
  }

  @Test
  void findsTheNamingAndAPrefix() throws IOException {
    for (String naming : NAMES.namings()) {
      for (String prefix : new String[] {"", "model.diffusion_model.", "module."}) {
        try (SafeTensors file = file(named(naming, prefix));
            Net skeleton = Net.create(Initializer.shapes(DEVICE));
            Net loaded = new WeightsReader(file, NAMES).load(skeleton, DEVICE)) {
          assertEquals(naming, new WeightsReader(file, NAMES).naming());
          assertSame(net, loaded);
        }
      }
    }
  }

  @Test
  void takesATiedTensorOnce() throws IOException {
    Map<String, Tensor> tensors = named("new", "");
    tensors.put("mlp.tied_norm.weight", net.norm().weight());
    try (SafeTensors file = file(tensors)) {
      assertTrue(new WeightsReader(file, NAMES).compare(net).isFull());
    }
  }

  @Test
  void namesWhatDoesNotFit() throws IOException {
    Map<String, Tensor> tensors = named("old", "");
    tensors.put("fc1.weigth", tensors.remove("fc1.weight"));
    tensors.put("ln.weight", Tensor.of(new float[5], 5));
    tensors.put("fc1.bias", Tensor.of(new int[6], 6));
    tensors.put("gate.weight", Tensor.scalar(1));
    try (SafeTensors file = file(tensors)) {
      LoadReport report = new WeightsReader(file, NAMES).compare(net);
      assertEquals(List.of("fc2.weight"), report.loaded());
      assertEquals(List.of("fc1.weight; did you mean fc1.weigth?"), report.missing());
      assertEquals(Set.of("fc1.weigth", "gate.weight"), Set.copyOf(report.unexpected()));
      assertEquals(2, report.mismatched().size());
      long before = HostMemory.liveBuffers();
      var refused = assertThrows(ModelFormatException.class, () -> new WeightsReader(file, NAMES).load(net, DEVICE));
      assertEquals(Reason.TENSOR_SHAPE, refused.reason());
      assertEquals(before, HostMemory.liveBuffers());
      String message = refused.getMessage();
      assertTrue(message.contains("net.safetensors: old names: loaded 1, missing 1, unexpected 2, wrong 2: "), message);
      assertTrue(message.contains("ln.weight: shape [5] in the file; the model has [4]"), message);
      assertTrue(message.contains("fc1.bias: type i32 in the file; needs a float or block type"), message);
    }
  }

  @Test
  void leavesOutNothingInSilence() throws IOException {
    Map<String, Tensor> tensors = named("old", "");
    tensors.remove("fc2.weight");
    try (SafeTensors file = file(tensors)) {
      var refused = assertThrows(ModelFormatException.class, () -> new WeightsReader(file, NAMES).load(net, DEVICE));
      assertEquals(Reason.TENSOR_MISSING, refused.reason());
      assertTrue(refused.getMessage().contains("missing fc2.weight"), refused::getMessage);
    }
  }

  @Test
  void keepsMatricesNarrowAndWidensTheRest() throws IOException {
    Map<String, Tensor> tensors = named("old", "");
    tensors.replaceAll((_, t) -> t.to(DType.BF16));
    tensors.put("fc2.weight", net.down().weight().to(DType.F8_E4M3));
    try (SafeTensors file = file(tensors); Net loaded = new WeightsReader(file, NAMES).load(net, DEVICE)) {
      assertEquals(DType.BF16, loaded.up().weight().dtype());
      assertEquals(DType.F32, loaded.up().bias().orElseThrow().dtype());
      assertEquals(DType.F32, loaded.norm().weight().dtype());
      assertEquals(DType.BF16, loaded.down().weight().dtype());
      assertArrayEquals(net.down().weight().to(DType.F8_E4M3).toFloats(), loaded.down().weight().toFloats());
    }
  }

  @Test
  void loadsWhatFitsWhereAsked() throws IOException {
    Map<String, Tensor> tensors = named("old", "");
    tensors.remove("ln.weight");
    try (SafeTensors file = file(tensors); Net other = Net.create(Initializer.random(Rng.of(2), DEVICE))) {
      LoadReport report = new WeightsReader(file, NAMES).loadInto(other);
      assertEquals(3, report.loaded().size());
      assertEquals(List.of("ln.weight"), report.missing());
      assertArrayEquals(net.up().weight().toFloats(), other.up().weight().toFloats());
    }
  }

  @Test
  void countsNumbersWithoutAGap() throws IOException {
    NameTable layers = NameTable.of("only").row("layers.*", "h.*");
    try (SafeTensors file = file(Map.of("h.0.w", Tensor.scalar(1), "h.1.w", Tensor.scalar(1), "h.999999.w", Tensor.scalar(1)))) {
      assertEquals(2, new WeightsReader(file, layers).count("layers.*.w"));
    }
  }

  /// 8-bit floats with a scale beside them, as ComfyUI stores them.
  @Test
  void multipliesWeightsByTheirScales() throws IOException {
    byte[] codes = new byte[24];
    for (int i = 0; i < codes.length; i++) codes[i] = (byte) (9 * i - 100);
    Tensor eight = Tensor.of(Spec.of(DType.F8_E4M3, 6, 4), MemorySegment.ofArray(codes), DEVICE);
    Map<String, Tensor> tensors = new LinkedHashMap<>(NAMES.named("old", net));
    tensors.put("fc1.weight", eight);
    tensors.put("fc1.scale_weight", Tensor.scalar(0.0625f));
    tensors.put("fc1.scale_input", Tensor.scalar(3));
    tensors.put("scaled_fp8", Tensor.full(Spec.of(DType.F8_E4M3, 2), 0, DEVICE));
    long live = HostMemory.liveBuffers();
    Path path = folder.resolve("scaled.safetensors");
    SafeTensors.write(path, tensors, Map.of());
    try (SafeTensors file = SafeTensors.open(path); Net loaded = new WeightsReader(file, NAMES).load(net, DEVICE)) {
      assertEquals(DType.BF16, loaded.up().weight().dtype());
      float[] plain = eight.to(DType.F32).toFloats();
      float[] scaled = loaded.up().weight().to(DType.F32).toFloats();
      // three bits of mantissa times a power of two: exact
      for (int i = 0; i < plain.length; i++) assertEquals(plain[i] * 0.0625f, scaled[i]);
      assertArrayEquals(net.down().weight().toFloats(), loaded.down().weight().toFloats());
    }
    for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      tensors.put("fc1.scale_weight", Tensor.scalar(wrong));
      SafeTensors.write(path, tensors, Map.of());
      try (SafeTensors file = SafeTensors.open(path)) {
        assertEquals(Reason.BLOCK_SCALE, assertThrows(ModelFormatException.class, () -> new WeightsReader(file, NAMES).load(net,
            DEVICE)).reason());
      }
    }
    tensors.put("fc1.scale_weight", Tensor.zeros(2));
    tensors.put("fc9.scale_weight", Tensor.scalar(1));
    SafeTensors.write(path, tensors, Map.of());
    try (SafeTensors file = SafeTensors.open(path)) {
      // a scale of nothing is left over
      assertEquals(List.of("fc9.scale_weight"), new WeightsReader(file, NAMES).compare(net).unexpected());
    }
    tensors.remove("fc9.scale_weight");
    SafeTensors.write(path, tensors, Map.of());
    try (SafeTensors file = SafeTensors.open(path)) {
      assertEquals(path + ": fc1.scale_weight: f32 [2]; needs one float", assertThrows(ModelFormatException.class,
          () -> new WeightsReader(file, NAMES).load(net, DEVICE)).getMessage());
    }
    scope.close();
    scope = Scope.open();
    assertTrue(HostMemory.liveBuffers() <= live);
  }
}
