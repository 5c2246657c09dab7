package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

final class ConversionTest {
  private final Device device = Device.reference();

  @Test
  void takesTheBytesBetweenPositionAndLimit() {
    for (ByteBuffer buffer : new ByteBuffer[] {ByteBuffer.allocate(20), ByteBuffer.allocateDirect(20)}) {
      buffer.order(ByteOrder.LITTLE_ENDIAN).putFloat(4, 1.5f).putFloat(8, -2f).putFloat(12, 3f).position(4).limit(16);
      try (Tensor t = Tensor.of(Spec.of(DType.F32, 3), buffer, device)) {
        assertArrayEquals(new float[] {1.5f, -2f, 3f}, t.toFloats());
        assertEquals(4, buffer.position(), "the buffer is as it was");
      }
    }
  }

  @Test
  void givesAllBytesInLittleEndianOrder() {
    try (Scope scope = Scope.open()) {
      ByteBuffer bytes = Tensor.of(new int[] {1, 258, 3, 4}, 2, 2).to(device).transpose().toByteBuffer();
      assertEquals(16, bytes.remaining());
      assertArrayEquals(new int[] {1, 3, 258, 4}, new int[] {bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt()});
    }
  }

  @Test
  void refusesBytesThatDoNotFillTheShape() {
    assertThrows(ShapeException.class, () -> Tensor.of(Spec.of(DType.F32, 3), ByteBuffer.allocate(11), device));
  }
}
