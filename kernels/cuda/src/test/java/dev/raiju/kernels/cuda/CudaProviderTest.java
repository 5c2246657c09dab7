package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.DeviceAttribute;
import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What is said where there is no GPU that can be used, and what of one that can.
class CudaProviderTest {
  /// The stand-in with other answers to some questions.
  private static CudaDriver answering(Map<String, Object> answers) {
    CudaDriver driver = StandIn.driver();
    return (CudaDriver) Proxy.newProxyInstance(CudaDriver.class.getClassLoader(), new Class<?>[] {CudaDriver.class}, (_, method,
        arguments) -> {
      String question = method.getName() + (arguments != null && arguments[arguments.length - 1] instanceof DeviceAttribute a
          ? " " + a
          : "");
      if (answers.containsKey(question)) return answers.get(question);
      try {
        return method.invoke(driver, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }

  private static String refusal(Map<String, Object> answers, int ordinal) {
    return assertThrows(UnavailableException.class, () -> CudaProvider.open(answering(answers), ordinal)).getMessage();
  }

  @Test
  void saysWhatIsMissing() {
    assertEquals("the driver is of CUDA 11.8; needs 12.0 or newer", refusal(Map.of("version", 11080), 0));
    assertEquals("the driver finds no GPU", refusal(Map.of("deviceCount", 0), 0));
    assertEquals("raiju.cuda.device: 3: there are 1; needs 0 to 0", refusal(Map.of(), 3));
    assertEquals("stand-in has compute capability 7.5; needs 8.0 or newer", refusal(Map.of("attribute COMPUTE_CAPABILITY_MAJOR",
        7,
        "attribute COMPUTE_CAPABILITY_MINOR", 5), 0));
    assertEquals("stand-in gives no memory in the order of a stream", refusal(Map.of("attribute MEMORY_POOLS", 0), 0));
  }

  @Test
  void aMachineWithoutDriverSaysSo() {
    String line = Device.describeAll().getOrDefault("cuda", "");
    boolean isUsable = line.contains("compute capability");
    assertTrue(isUsable || line.startsWith("not available: no NVIDIA driver was found"), line);
  }

  @Test
  void describesTheDevice() {
    String line = StandIn.backend().describe();
    assertTrue(line.startsWith("stand-in, compute capability 8.0, 8.6 GB, driver of CUDA 12.6 in stand-in-"), line);
  }

  @Test
  void valuesLongerThanThePinnedPiecesArriveWhole() {
    int count = 5_000_000;
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) numbers[i] = i * 31;
    Device device = Device.of(StandIn.backend());
    try (Tensor t = Tensor.of(Spec.of(DType.I32, count), MemorySegment.ofArray(numbers), device)) {
      double[] back = t.toDoubles();
      for (int i = 0; i < count; i += 997) assertEquals(numbers[i], back[i]);
      assertEquals(numbers[count - 1], back[count - 1]);
    }
  }

  @Test
  void tellsHowMuchMemoryIsMissing() {
    GpuBackend backend = StandIn.backend();
    var e = assertThrows(InsufficientMemoryException.class, () -> backend.allocate(1L << 40));
    assertTrue(e.getMessage().startsWith("memory: cannot get 1,099,511,627,776 bytes"), e.getMessage());
  }
}
