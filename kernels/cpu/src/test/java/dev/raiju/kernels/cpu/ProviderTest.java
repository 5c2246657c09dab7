package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ProviderTest {
  private static final String PROPERTY = "raiju.cpu.provider";

  @AfterEach
  void forget() { System.clearProperty(PROPERTY); }

  @Test
  void takesVectorsWhereTheModuleIs() { assertEquals("vector", Provider.choose().loops().provider()); }

  @Test
  void takesWhatThePropertyNames() {
    System.setProperty(PROPERTY, "scalar");
    assertTrue(new CpuBackend(3).describe().startsWith("scalar loops, 3 threads"));
    System.setProperty(PROPERTY, "vector");
    assertTrue(new CpuBackend(1).describe().startsWith("vector loops"));
  }

  @Test
  void refusesAnUnknownProvider() {
    System.setProperty(PROPERTY, "gpu");
    var e = assertThrows(IllegalArgumentException.class, () -> new CpuBackend(1));
    assertEquals("raiju.cpu.provider: no such provider: gpu; needs vector or scalar", e.getMessage());
  }
}
