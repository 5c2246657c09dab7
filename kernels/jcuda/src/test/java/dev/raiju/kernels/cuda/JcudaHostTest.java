package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.nio.file.Path;
import java.util.List;
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

  /// Asks for the system's driver twice.
  static final class Asking {
    private Asking() {}

    public static void main(String[] arguments) {
      for (int time = 0; time < 2; time++) {
        try {
          System.out.println("found " + new CudaProvider().open().describe());
        } catch (UnavailableException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  /// In a process of its own, where no stand-in takes the driver's place.
  @Test
  void aMachineWithoutDriverSaysSoEachTime() throws Exception {
    Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-D" + HOST + "=jcuda", "-cp", System.getProperty("java.class.path"), Asking.class
            .getName()).redirectErrorStream(true).start();
    List<String> said = new String(process.getInputStream().readAllBytes()).lines().toList();
    assertEquals(0, process.waitFor(), said::toString);
    assertEquals(2, said.size(), said::toString);
    for (String line : said) assertTrue(line.startsWith("found ") || line.startsWith("cuda: "), said::toString);
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
