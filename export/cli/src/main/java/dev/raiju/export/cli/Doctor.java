package dev.raiju.export.cli;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Update;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// `raiju doctor`: what this machine offers and what Raiju makes of it.
final class Doctor implements Command {
  private static final String VECTOR = "jdk.incubator.vector";
  private static final List<DType> TYPES = List.of(DType.F32, DType.BF16, DType.F16);

  @Override
  public String name() { return "doctor"; }

  @Override
  public String arguments() { return "[--ops]"; }

  @Override
  public String summary() { return "tells what was found on this machine: JDK, vector module, backends, memory"; }

  @Override
  public List<Option> options() {
    return List.of(Option.flag("--ops", "also which operations each backend has kernels of its own for, by type"));
  }

  @Override
  public int run(Arguments arguments, Console console) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("raiju", Raiju.version() + ", in " + Raiju.root()));
    rows.add(List.of("java", System.getProperty("java.version") + ", " + System.getProperty("java.vm.name") + ", " + System
        .getProperty("java.vendor")));
    rows.add(List.of("system", System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", " + Units.plural(Runtime
        .getRuntime().availableProcessors(), "processor")));
    rows.add(List.of("processor", Machine.processor()));
    rows.add(List.of("vector", ModuleLayer.boot().findModule(VECTOR).isPresent()
        ? "module " + VECTOR + " is there"
        : "module " + VECTOR + " is missing, the cpu backend is many times slower; add to java: --add-modules " + VECTOR));
    Device.describeAll().forEach((name, line) -> rows.add(List.of(name, line)));
    rows.add(List.of("default", Device.best().toString()));
    rows.add(List.of("memory", memory()));
    Table.lines(rows).forEach(console::print);
    if (arguments.has("--ops")) {
      console.print("");
      Table.lines(support()).forEach(console::print);
    }
    return 0;
  }

  private static String memory() {
    String tensors = Units.bytes(HostMemory.heldBytes()) + " held for tensors, " + Units.bytes(Runtime.getRuntime().maxMemory())
        + " at most for Java objects";
    return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
        ? Units.bytes(system.getTotalMemorySize()) + " in all, " + Units.bytes(system.getFreeMemorySize()) + " free, " + tensors
        : tensors;
  }

  /// A row for each op: the types for which each backend has a kernel of its own, and what happens for the others.
  private static List<List<String>> support() {
    List<Backend> backends = Device.describeAll().keySet().stream().flatMap(Doctor::usable).toList();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("operation"));
    backends.forEach(backend -> head.add(backend.name()));
    rows.add(head);
    Map<String, List<String>> cells = new LinkedHashMap<>();
    for (Backend backend : backends) {
      Map<String, List<String>> types = new LinkedHashMap<>();
      Map<String, String> otherwise = new LinkedHashMap<>();
      for (DType type : TYPES) {
        for (OpSamples.Sample sample : OpSamples.in(type)) {
          List<String> own = types.computeIfAbsent(sample.op().name(), _ -> new ArrayList<>());
          if (backend.kernel(sample.op(), sample.in()).isPresent()) own.add(type.label());
          boolean defined = sample.op() instanceof Fused || sample.op() instanceof Update;
          otherwise.put(sample.op().name(), defined ? "by its definition" : "none");
        }
      }
      types.forEach((op, own) -> cells.computeIfAbsent(op, _ -> new ArrayList<>()).add(own.isEmpty()
          ? otherwise.getOrDefault(op, "none")
          : String.join(" ", own)));
    }
    cells.forEach((op, row) -> {
      List<String> line = new ArrayList<>(List.of(op));
      line.addAll(row);
      rows.add(line);
    });
    return rows;
  }

  private static Stream<Backend> usable(String name) {
    try {
      return Stream.of(Device.named(name).backend());
    } catch (IllegalArgumentException e) {
      // its line says why it cannot be used
      return Stream.empty();
    }
  }
}
