package dev.raiju.export.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.raiju.tensor.backend.HostMemory;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the stages of a run take of time and memory.
final class StageUse {
  private final List<Row> rows = new ArrayList<>();
  private double cpu;
  private long begun;

  /// @param seconds by the clock
  /// @param cpuSeconds of all threads
  /// @param resident at the end, with the peak of the stage; empty where the system does not tell
  /// @param pool bytes that the pool of tensors holds at the end
  /// @param tensors the most bytes of tensors at one time
  record Row(String stage, double seconds, double cpuSeconds, Optional<Resident> resident, long pool, long tensors) {}

  /// Begins a stage.
  void begin() {
    Resident.restart();
    HostMemory.resetPeak();
    cpu = cpuSeconds();
    begun = System.nanoTime();
  }

  /// Ends it.
  void end(String stage) {
    rows.add(new Row(stage, (System.nanoTime() - begun) / 1e9, cpuSeconds() - cpu, Resident.now(), HostMemory.heldBytes(),
        HostMemory.peakBytes()));
  }

  List<Row> rows() { return List.copyOf(rows); }

  private static double cpuSeconds() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getProcessCpuTime() / 1e9
        : Double.NaN;
  }

  /// How many processes want a processor, over the last minute.
  static double load() { return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(); }
}
