package dev.raiju.models.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.GradCheck;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleTest {
  private static final Device DEVICE = Device.reference();

  /// What a user writes.
  record Mlp(LinearLayer up, LayerNormLayer norm, List<LinearLayer> down) implements Module<Mlp> {
    static Mlp create(Initializer init) {
      return new Mlp(LinearLayer.create(init, 64, 32), LayerNormLayer.create(init, 32, 1e-6f), List.of(LinearLayer.create(init,
          32, 32), LinearLayer.withoutBias(init, 32, 3)));
    }

    Tensor forward(Tensor x) {
      Tensor y = norm.forward(Elementwise.geluTanh(up.forward(x)));
      for (LinearLayer layer : down) y = layer.forward(y);
      return y;
    }

    @Override
    public Mlp map(ParameterMap p) { return new Mlp(p.module("up", up), p.module("norm", norm), p.modules("down", down)); }
  }

  private static Mlp mlp(long seed) { return Mlp.create(Initializer.random(Rng.of(seed), DEVICE)); }

  @Test
  void namesItsParametersInOrder() {
    try (Mlp mlp = mlp(1)) {
      assertEquals(List.of("up.weight", "up.bias", "norm.weight", "norm.bias", "down.0.weight", "down.0.bias", "down.1.weight"),
          List.copyOf(mlp.parameters().keySet()));
      assertEquals(64 * 32 + 32 + 32 + 32 + 32 * 32 + 32 + 3 * 32, mlp.parameterCount());
      assertSame(mlp.up().weight(), mlp.parameters().get("up.weight"));
    }
  }

  @Test
  void refusesOneNameForTwoParameters() {
    record Twice(LinearLayer a, LinearLayer b) implements Module<Twice> {
      @Override
      public Twice map(ParameterMap p) { return new Twice(p.module("a", a), p.module("a", b)); }
    }
    try (Mlp mlp = mlp(1)) {
      Twice twice = new Twice(mlp.up(), mlp.down().getFirst());
      String message = assertThrows(IllegalStateException.class, twice::parameters).getMessage();
      assertEquals("module: two parameters are called a.weight", message);
    }
  }

  @Test
  void parametersOutliveScopesAndGoWithTheirModule() {
    long before = HostMemory.liveBuffers();
    Mlp mlp;
    try (Scope scope = Scope.open()) {
      mlp = mlp(1);
    }
    assertEquals(before + 7, HostMemory.liveBuffers());
    assertFalse(mlp.up().weight().isClosed());
    mlp.close();
    assertEquals(before, HostMemory.liveBuffers());
  }

  @Test
  void copiesAreIndependent() {
    try (Mlp mlp = mlp(1); Mlp copy = mlp.copy(); Mlp other = mlp(2)) {
      float[] first = mlp.up().weight().toFloats();
      assertArrayEquals(first, copy.up().weight().toFloats());
      copy.load(other.parameters());
      assertArrayEquals(first, mlp.up().weight().toFloats());
      assertArrayEquals(other.up().weight().toFloats(), copy.up().weight().toFloats());
    }
  }

  @Test
  void narrowsMatricesAndSharesTheRest() {
    try (Mlp mlp = mlp(1); Mlp half = mlp.narrow(DType.BF16); Mlp quarter = mlp.narrow(DType.Q4_G32)) {
      assertEquals(DType.BF16, half.up().weight().dtype());
      assertEquals(DType.Q4_G32, quarter.up().weight().dtype());
      assertEquals(DType.F32, half.norm().weight().dtype());
      assertSame(mlp.norm().weight().buffer(), half.norm().weight().buffer());
      try (Scope scope = Scope.open()) {
        Tensor x = Rng.of(3).normal(DEVICE, 5, 64);
        float[] y = mlp.forward(x).toFloats();
        float[] z = half.forward(x).toFloats();
        for (int i = 0; i < y.length; i++) assertEquals(y[i], z[i], 0.05);
        assertFalse(Arrays.equals(y, z));
      }
    }
  }

  @Test
  void rowsThatGroupsOf64DoNotDivideGetGroupsOf32() {
    try (LinearLayer wide = LinearLayer.create(Initializer.random(Rng.of(1), DEVICE), 160, 3);
        LinearLayer narrow = wide.narrow(DType.Q8_G64_F16);
        LinearLayer other = wide.narrow(DType.Q4_G64)) {
      assertEquals(DType.Q8_G32_F16, narrow.weight().dtype());
      assertEquals(DType.Q4_G32, other.weight().dtype());
    }
  }

  @Test
  void sharedParametersLiveAsLongAsOneOwner() {
    Mlp mlp = mlp(1);
    Mlp half = mlp.narrow(DType.BF16);
    mlp.close();
    try (half; Scope scope = Scope.open()) {
      assertEquals(32, half.norm().weight().toFloats().length);
    }
    assertThrows(IllegalStateException.class, () -> half.norm().weight().toFloats());
  }

  @Test
  void roundsTheFactorsOfProducts() {
    try (Mlp mlp = mlp(1); Mlp rounding = mlp.computing(DType.BF16); Scope scope = Scope.open()) {
      Tensor x = Rng.of(3).normal(DEVICE, 5, 64);
      assertEquals(mlp.up().weight().id(), rounding.up().weight().id());
      assertEquals(DType.BF16, rounding.down().getFirst().compute());
      assertFalse(Arrays.equals(mlp.forward(x).toFloats(), rounding.forward(x).toFloats()));
    }
  }

  @Test
  void multipliesBytesWhereWeightsAreHeldSo() {
    try (Mlp mlp = mlp(1); Mlp held = mlp.narrow(DType.Q8_G32); Scope scope = Scope.open()) {
      try (Mlp bytes = held.computing(DType.I8); Mlp plain = mlp.computing(DType.I8)) {
        assertEquals(DType.I8, bytes.up().compute());
        assertEquals(DType.F32, plain.up().compute());
        Tensor x = Rng.of(3).normal(DEVICE, 5, 64);
        float[] y = held.forward(x).toFloats();
        float[] z = bytes.forward(x).toFloats();
        for (int i = 0; i < y.length; i++) assertEquals(y[i], z[i], 0.05);
        assertFalse(Arrays.equals(y, z));
      }
    }
  }

  @Test
  void savesAndLoads(@TempDir Path folder) throws IOException {
    try (Mlp mlp = mlp(1); Mlp other = mlp(2)) {
      Path file = folder.resolve("mlp.safetensors");
      SafeTensors.write(file, mlp.parameters(), Map.of());
      try (SafeTensors saved = SafeTensors.open(file); Scope scope = Scope.open()) {
        Map<String, Tensor> values = new HashMap<>();
        for (String name : saved.entries().keySet()) values.put(name, saved.tensor(name, DEVICE));
        other.load(values);
        Tensor x = Rng.of(3).normal(DEVICE, 2, 64);
        assertArrayEquals(mlp.forward(x).toFloats(), other.forward(x).toFloats());
      }
    }
  }

  @Test
  void writesNothingIfSomethingDoesNotFit() {
    try (Mlp mlp = mlp(1); Mlp other = mlp(2); Scope scope = Scope.open()) {
      float[] before = mlp.down().getFirst().weight().toFloats();
      Map<String, Tensor> values = new HashMap<>(other.parameters());
      values.remove("up.bias");
      values.put("norm.weight", Tensor.of(new float[31], 31));
      values.put("gate", Tensor.scalar(1));
      String message = assertThrows(ShapeException.class, () -> mlp.load(values)).getMessage();
      assertEquals("load: 3 of 7 parameters do not fit: up.bias: missing, norm.weight: shape [31]; needs [32], gate: unexpected",
          message);
      assertArrayEquals(before, mlp.down().getFirst().weight().toFloats());
    }
  }

  @Test
  void theSameSeedGivesTheSameModel() {
    try (Mlp a = mlp(1); Mlp b = mlp(1); Mlp c = mlp(2)) {
      assertArrayEquals(a.up().weight().toFloats(), b.up().weight().toFloats());
      assertNotEquals(a.up().weight().toFloats()[0], c.up().weight().toFloats()[0]);
    }
  }

  @Test
  void aNewLayerKeepsTheVariance() {
    try (Scope scope = Scope.open(); LinearLayer layer = LinearLayer.create(Initializer.random(Rng.of(5), DEVICE), 256, 256)) {
      Tensor y = layer.forward(Rng.of(6).normal(DEVICE, 64, 256));
      assertEquals(1, y.square().mean().item(), 0.1);
    }
  }

  @Test
  void structureAloneTakesNoMemory() {
    long before = HostMemory.liveBytes();
    try (LinearLayer layer = LinearLayer.create(Initializer.shapes(DEVICE), 1 << 20, 1 << 20)) {
      assertEquals(Shape.of(1 << 20, 1 << 20), layer.weight().shape());
      assertTrue(HostMemory.liveBytes() - before <= 2 * HostMemory.ALIGNMENT);
    }
  }

  @Test
  void gradientsOfAModuleOfOnesOwnMatchDifferences() {
    try (Mlp mlp = mlp(1); Mlp wide = mlp.to(DType.F64); Scope scope = Scope.open()) {
      Tensor x = Rng.of(3).draw(Distribution.NORMAL, DType.F64, Shape.of(4, 64), DEVICE);
      List<Tensor> inputs = new ArrayList<>(wide.parameters().values());
      inputs.add(x);
      GradCheck.check(in -> List.of(wide.with(in.subList(0, in.size() - 1)).forward(in.getLast())), inputs, 1, 11);
    }
  }
}
