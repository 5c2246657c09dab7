package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType.Kind;
import dev.raiju.tensor.op.Cast;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DTypeTest {
  @Test
  void labelsAreReadBack() {
    for (DType type : DType.values()) assertEquals(type, DType.parse(type.label()));
    assertEquals(DType.BF16, DType.parse("BF16"));
    assertThrows(IllegalArgumentException.class, () -> DType.parse("f8"));
  }

  @Test
  void plainTypesHaveTheBytesOfTheirName() {
    for (DType type : DType.values()) {
      if (type.isBlock()) continue;
      String digits = type.name().replaceAll("_.*", "").replaceAll("\\D", "");
      assertEquals(type == DType.BOOL ? 1 : Integer.parseInt(digits) / 8, type.unitBytes(), type.label());
      assertEquals(1, type.unit());
      assertEquals(21L * type.unitBytes(), type.bytes(21));
      assertThrows(IllegalStateException.class, type::scaleType);
    }
  }

  @Test
  void blocksHoldCodesAndAScaleAndABias() {
    for (DType type : DType.values()) {
      if (type.kind() != Kind.BLOCK) continue;
      String[] parts = type.name().split("_");
      int bits = Integer.parseInt(parts[0].substring(1));
      int group = Integer.parseInt(parts[1].substring(1));
      DType scale = parts.length == 3 ? DType.valueOf(parts[2]) : DType.F32;
      assertEquals(Kind.BLOCK, type.kind());
      assertEquals(group, type.unit());
      assertEquals(bits, type.codeBits());
      assertEquals(scale, type.scaleType());
      assertEquals(group * bits / 8 + 2 * scale.unitBytes(), type.unitBytes(), type.label());
      assertEquals(3L * type.unitBytes(), type.bytes(3L * group));
      assertThrows(ShapeException.class, () -> type.bytes(3L * group + 1));
    }
  }

  /// Sizes from the description of the format: bits per weight by type, as it is usually quoted.
  @Test
  void packedTypesHaveTheirBytes() {
    Map<String, Double> bitsPerValue = Map.ofEntries(Map.entry("Q8_0", 8.5), Map.entry("Q4_0", 4.5), Map.entry("Q4_1", 5.0),
        Map.entry("Q5_0", 5.5), Map.entry("Q5_1", 6.0), Map.entry("Q2_K", 2.625), Map.entry("Q3_K", 3.4375), Map.entry("Q4_K",
            4.5), Map.entry("Q5_K", 5.5), Map.entry("Q6_K", 6.5625), Map.entry("F8_E4M3_G32", 9.0), Map.entry("F8_E5M2_G32",
                9.0));
    int count = 0;
    for (DType type : DType.values()) {
      if (!type.isPacked()) continue;
      count++;
      assertTrue(type.isBlock());
      assertEquals(bitsPerValue.get(type.name()), 8.0 * type.unitBytes() / type.unit());
      assertThrows(IllegalStateException.class, type::scaleType);
      assertThrows(ShapeException.class, () -> Spec.of(type, 16));
    }
    assertEquals(bitsPerValue.size(), count);
  }

  @Test
  void packedTypesAreReadByFewOperationsAndMadeByNone() {
    Spec packed = Spec.of(DType.Q4_K, 4, 256);
    Spec x = Spec.of(DType.F32, 2, 256);
    assertEquals(List.of(Spec.of(DType.F32, 2, 4)), new Linear(DType.F32).infer(List.of(x, packed)));
    assertEquals(List.of(Spec.of(DType.F32, 2, 256)), new Gather(0).infer(List.of(packed, Spec.of(DType.I32, 2))));
    assertEquals(List.of(Spec.of(DType.BF16, 4, 256)), new Dequantize(DType.BF16).infer(List.of(packed)));
    assertThrows(ShapeException.class, () -> new Quantize(DType.Q8_0).infer(List.of(x)));
    assertThrows(ShapeException.class, () -> new Cast(DType.F32).infer(List.of(packed)));
  }

  @Test
  void bytesDoNotWrap() {
    assertThrows(ArithmeticException.class, () -> DType.F64.bytes(1L << 60));
    assertThrows(ArithmeticException.class, () -> Spec.of(DType.F32, Long.MAX_VALUE).bytes());
    assertEquals(Long.MAX_VALUE, DType.U8.bytes(Long.MAX_VALUE));
  }
}
