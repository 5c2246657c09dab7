package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The property that asks for jcuda.
class JcudaHostTest {
  private static final String HOST = "raiju.cuda.host";

  @Test
  void theDriverIsCalledThroughJcuda() {
    assertEquals("jcuda", System.getProperty(HOST));
    assertEquals("libcuda.so.1 through jcuda", StandIn.driver().describe());
  }

  @Test
  void aHostThatIsNotThereIsNamed() {
    try {
      System.setProperty(HOST, "opencl");
      String said = assertThrows(UnavailableException.class, () -> CudaProvider.driver(Optional.empty())).getMessage();
      assertTrue(said.startsWith("raiju.cuda.host: opencl: there is [jcuda]"), said);
    } finally {
      System.setProperty(HOST, "jcuda");
    }
  }
}
