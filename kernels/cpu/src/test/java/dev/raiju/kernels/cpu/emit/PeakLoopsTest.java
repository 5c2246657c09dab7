package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.cpu.emit.PeakLoops.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PeakLoopsTest {
  private final PeakLoops loops = PeakLoops.here();

  /// Ones, multiplied and added up: a lane holds as many as there were products.
  @ParameterizedTest
  @EnumSource
  void everyRoundMultipliesAndAdds(Kind kind) {
    if (!loops.have(kind)) {
      assertThrows(IllegalArgumentException.class, () -> loops.run(kind, 1));
      return;
    }
    float[] sums = read(kind, loops.sums(kind, 1000, ones(kind)));
    float products = 1000f * PeakLoops.operations(kind, 1) / 24 / 2 / 16;
    float[] wanted = new float[16];
    Arrays.fill(wanted, products);
    assertEquals(Arrays.toString(wanted), Arrays.toString(sums));
  }

  @ParameterizedTest
  @EnumSource
  void thereIsALoopWhereTheProcessorHasTheInstruction(Kind kind) {
    Emission here = Emission.here();
    assertEquals(here.micro().isPresent() && kind.runsOn(here.features()), loops.have(kind));
  }

  @ParameterizedTest
  @EnumSource
  void longLoopsAreCutIntoCalls(Kind kind) {
    if (!loops.have(kind)) return;
    // the last call has the rest
    float[] sums = read(kind, loops.sums(kind, 2 * 4096 + 10, ones(kind)));
    assertEquals(10f * PeakLoops.operations(kind, 1) / 24 / 2 / 16, sums[0]);
    assertTrue(PeakLoops.operations(kind, 2) == 2 * PeakLoops.operations(kind, 1));
  }

  private static MemorySegment ones(Kind kind) {
    MemorySegment memory = MemorySegment.ofArray(new byte[64]);
    for (int i = 0; i < 64; i++) {
      switch (kind) {
        case F32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i / 4 * 4L, 1);
        case BF16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, i / 2 * 2L, (short) 0x3f80);
        case INT8 -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) 1);
      }
    }
    return memory;
  }

  private static float[] read(Kind kind, MemorySegment sums) {
    float[] values = new float[16];
    for (int i = 0; i < 16; i++) {
      values[i] = kind == Kind.INT8
          ? sums.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i)
          : sums.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
    }
    return values;
  }
}
