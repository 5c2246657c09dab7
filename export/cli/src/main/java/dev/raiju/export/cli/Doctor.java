package dev.raiju.export.cli;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.HostMemory;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/// `raiju doctor`: what this machine offers and what Raiju makes of it.
final class Doctor implements Command {
  @Override
  public String name() { return "doctor"; }

  @Override
  public String arguments() { return ""; }

  @Override
  public String summary() { return "tells what was found on this machine: JDK, vector module, backends, memory"; }

  @Override
  public List<Option> options() { return List.of(); }

  @Override
  public int run(Arguments arguments, Console console) {
    console.print("java      " + System.getProperty("java.version") + ", " + System.getProperty("java.vm.name") + ", " + System
        .getProperty("os.name") + " "
        + System.getProperty("os.arch"));
    boolean vector = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    console.print("vector    " + (vector
        ? "module jdk.incubator.vector is there"
        : "module jdk.incubator.vector is missing: add --add-modules jdk.incubator.vector"));
    Device.describeAll().forEach((name, line) -> console.print(String.format(Locale.ROOT, "%-9s %s", name, line)));
    console.print("default   " + Device.best());
    if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system) {
      console.print(String.format(Locale.ROOT, "memory    %.1f GiB in all, %.1f GiB free, %.1f GiB held for tensors", system
          .getTotalMemorySize() / 0x1p30,
          system.getFreeMemorySize() / 0x1p30, HostMemory.heldBytes() / 0x1p30));
    }
    return 0;
  }
}
