package dev.raiju.bench.gpu;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What there is on the machine: the device, its driver, and the tools that some parts need.
final class DeviceReport {
  /// What [#sum] gives on a device that computes.
  static final double SUM = 5050;

  private static final Path KERNEL_DRIVER = Path.of("/proc/driver/nvidia/version");
  private static final int PATIENCE_MILLIS = 60_000;
  private static final String NONE = "absent";

  private DeviceReport() {}

  static Json.Obj of(Device device, Settings settings) {
    double sum = sum(device);
    if (sum != SUM) throw new AssertionError("device: the sum of 1 to 100 is " + sum + " there");
    String description = device.backend().describe();
    return Part.outcome("passed").with("name", description.split(", compute", 2)[0]).with("backend", description).with("driver",
        driver()).with("smi", first(List.of("nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem",
            "--format=csv,noheader"))).with("processors", Runtime.getRuntime().availableProcessors()).with("system", System
                .getProperty("os.name") + " " + System.getProperty("os.version")).with("java", System.getProperty("java.version"))
        .with("torch", first(List.of(settings.python(), "-c",
            "import torch; print(torch.__version__, torch.cuda.is_available())")))
        .with("sanitizer", first(List.of(settings.sanitizer(), "--version"))).with("nvcc", first(List.of("nvcc", "--version")));
  }

  /// The sum of 1 to 100, by kernels.
  static double sum(Device device) {
    float[] numbers = new float[100];
    for (int i = 0; i < numbers.length; i++) numbers[i] = i + 1;
    try (Scope scope = Scope.open()) {
      return Tensor.of(numbers, numbers.length).to(device).sum().item();
    }
  }

  private static String driver() {
    try {
      return Files.exists(KERNEL_DRIVER) ? Files.readAllLines(KERNEL_DRIVER).getFirst() : NONE;
    } catch (IOException e) {
      return "unreadable: " + e.getMessage();
    }
  }

  /// What a program says, its last line if there are several.
  private static String first(List<String> command) {
    Program.End end = Program.run(command, System.currentTimeMillis() + PATIENCE_MILLIS, line -> {
    });
    return end.code() == 0 && !end.last().isEmpty() ? end.last().getLast() : NONE;
  }
}
