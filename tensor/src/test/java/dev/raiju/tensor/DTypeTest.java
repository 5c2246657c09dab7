package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.DType.Kind;
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
      if (!type.isBlock()) continue;
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

  @Test
  void bytesDoNotWrap() {
    assertThrows(ArithmeticException.class, () -> DType.F64.bytes(1L << 60));
    assertThrows(ArithmeticException.class, () -> Spec.of(DType.F32, Long.MAX_VALUE).bytes());
    assertEquals(Long.MAX_VALUE, DType.U8.bytes(Long.MAX_VALUE));
  }
}
