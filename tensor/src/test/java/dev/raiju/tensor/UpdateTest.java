package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Cost;
import dev.raiju.tensor.op.Update;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class UpdateTest {
  private static Tensor of(float... values) {
    return Tensor.of(Spec.of(DType.F32, values.length), MemorySegment.ofArray(values), Device.reference());
  }

  @Test
  void aViewOfTheTargetIsReadBeforeItIsWritten() {
    try (Scope scope = Scope.open()) {
      Tensor x = of(1, 2, 3);
      Assign.assign(x, x.flip(0));
      assertArrayEquals(new double[] {3, 2, 1}, x.toDoubles());
    }
  }

  /// Two parameters that change places.
  record Swap() implements Update {
    @Override
    public List<Integer> written() { return List.of(0, 1); }

    @Override
    public List<Tensor> define(List<Tensor> in) { return List.of(in.get(1), in.get(0)); }

    @Override
    public List<Spec> infer(List<Spec> in) { return List.of(); }

    @Override
    public Cost cost(List<Spec> in) { return Cost.NONE; }
  }

  @Test
  void allNewValuesAreReadBeforeAnyIsWritten() {
    try (Scope scope = Scope.open()) {
      Tensor a = of(1, 2);
      Tensor b = of(3, 4);
      Trace.update(new Swap(), a, b);
      assertArrayEquals(new double[] {3, 4}, a.toDoubles());
      assertArrayEquals(new double[] {1, 2}, b.toDoubles());
    }
  }

  /// Fails while it computes.
  record Failing() implements Update {
    @Override
    public List<Integer> written() { return List.of(0); }

    @Override
    public List<Tensor> define(List<Tensor> in) { throw new IllegalStateException("broken"); }

    @Override
    public List<Spec> infer(List<Spec> in) { return List.of(); }
  }

  @Test
  void aFailedUpdateCountsAsAWrite() {
    try (Scope scope = Scope.open()) {
      Tensor x = of(1);
      long before = x.buffer().version();
      assertThrows(IllegalStateException.class, () -> Trace.update(new Failing(), x));
      assertTrue(x.buffer().version() > before);
    }
  }
}
