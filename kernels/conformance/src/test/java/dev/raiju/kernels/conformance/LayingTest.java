package dev.raiju.kernels.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.cases.Choices;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class LayingTest {
  @Property(tries = 2000)
  void aTensorLaidSomehowHasTheValuesItIsSeenWith(@ForAll long seed) {
    try (Scope scope = Scope.open()) {
      Choices c = Choices.of(Rng.of(seed));
      DType type = c.among(java.util.List.of(DType.F32, DType.I8, DType.I64, DType.BOOL, DType.BF16));
      Value value = c.bits(type, c.shape());
      Laying laying = Laying.draw(c, value);
      Tensor t = laying.on(laying.seenThrough(value), Device.reference());
      assertEquals(value.spec(), t.spec());
      assertArrayEquals(laying.seenThrough(value).contents(), t.toBytes());
    }
  }

  @Test
  void everyKindOfLayoutIsDrawnOften() {
    Map<String, Integer> seen = new TreeMap<>();
    Rng rng = Rng.of(3);
    int count = 4000;
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < count; i++) {
        Choices c = Choices.of(rng);
        Value value = c.numbers(DType.F32, c.shape(2));
        Layout layout = Laying.draw(c, value).on(value, Device.reference()).layout();
        if (value.spec().shape().elements() < 2) continue;
        note(seen, "contiguous", layout.isContiguous());
        note(seen, "offset", layout.offset() > 0);
        boolean backwards = false;
        boolean stretched = false;
        for (int axis = 0; axis < layout.shape().rank(); axis++) {
          backwards |= layout.stride(axis) < 0;
          stretched |= layout.stride(axis) == 0 && layout.shape().size(axis) > 1;
        }
        note(seen, "backwards", backwards);
        note(seen, "stretched", stretched);
        note(seen, "permuted and dense", layout.isDense() && !layout.isContiguous());
        note(seen, "with gaps", !layout.isDense() && !stretched);
      }
    }
    seen.forEach((kind, times) -> assertTrue(times > count / 25, seen.toString()));
    assertEquals(6, seen.size());
  }

  private static void note(Map<String, Integer> seen, String kind, boolean holds) {
    if (holds) seen.merge(kind, 1, Integer::sum);
  }
}
