package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.Choices;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/// Checksums of the results of a backend, to see whether they have the same bits in differently set up virtual machines: at other
/// numbers of lanes and threads, with another provider.
///
/// Every drawn result is also compared with the reference, so that one run is a conformance test of its own.
public final class Fingerprints {
  private static final long[] LENGTHS = {-1, 17, -1, 33, -1, 64, -1, 0};

  private final Device device;
  private final int samples;
  private final Subject subject;
  private final List<String> lines = new ArrayList<>();
  private long cases;

  private Fingerprints(Device device, int samples) {
    this.device = device;
    this.samples = samples;
    this.subject = new Subject(device.backend(), Support.undeclared());
  }

  /// Prints the checksums of a backend, found by its name: a line each, the name of the case, a tab and the sum.
  ///
  /// @param arguments the backend, how many cases are drawn for each row and type, and, if the large cases of the benchmarks shall
  /// run too, `benchmarks`
  public static void main(String... arguments) {
    Fingerprints all = new Fingerprints(Device.named(arguments[0]), Integer.parseInt(arguments[1]));
    boolean benchmarks = arguments.length > 2 && arguments[2].equals("benchmarks");
    for (OpCase row : OpCases.all()) {
      for (DType type : row.types()) all.drawn(row, type);
      if (benchmarks) all.measured(row);
    }
    all.lines.forEach(System.out::println);
    System.out.printf(Locale.ROOT, "conformance: %s: %,d cases and checksums%n", all.device.backend().describe(),
        all.cases);
  }

  /// The plans of a row, always the same ones.
  private static List<Plan> plans(String row, DType type, int count) {
    Rng rng = Rng.of(0).stream(row + type);
    return IntStream.range(0, count).mapToObj(i -> Plan.of(rng, LENGTHS[i % LENGTHS.length])).toList();
  }

  private void drawn(OpCase row, DType type) {
    List<Plan> plans = plans(row.name(), type, samples);
    for (int i = 0; i < samples; i++) {
      Plan plan = plans.get(i);
      CRC32C sum = new CRC32C();
      DrawnCases one = new DrawnCases(subject, (_, out) -> {
        cases++;
        add(sum, out);
      });
      try {
        one.forward(row, type, plan);
        if (i % 2 == 0) one.gradient(row, type, plan);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(row.name() + "|forward|" + type + "|" + plan + ": " + e.getMessage(), e);
      }
      if (row.hasSameBits(type)) lines.add(row.name() + "|" + type + "|" + i + "\t" + Long.toHexString(sum.getValue()));
    }
  }

  /// The large case of a row, which several threads share.
  private void measured(OpCase row) {
    DType type = row.types().getFirst();
    if (!row.hasSameBits(type)) return;
    Sample sample = row.benchmark().sample(Choices.of(Rng.of(1)), type);
    CRC32C sum = new CRC32C();
    boolean ran = subject.attempt(row, type, () -> {
      try (Scope scope = Scope.open()) {
        add(sum, sample.op().apply(subject.inputs(sample)));
      }
    });
    if (!ran) return;
    cases++;
    lines.add(row.name() + "|" + type + "|benchmark\t" + Long.toHexString(sum.getValue()));
  }

  private static void add(CRC32C sum, List<Tensor> out) {
    for (Tensor t : out) sum.update(t.toBytes());
  }

  /// Runs [#main] in a virtual machine of its own with the class path of this one.
  ///
  /// @param options of the virtual machine, such as `-XX:MaxVectorSize=16`
  /// @param heard is told each line that it prints, checksums left out
  /// @return the checksums by the names of their cases
  /// @throws IllegalStateException if it fails; the message holds the end of what it printed
  public static Map<String, String> fork(List<String> options, String backend, int samples, boolean benchmarks,
      Consumer<String> heard)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
        classPath(),
        "--enable-native-access=ALL-UNNAMED"));
    command.addAll(options);
    command.addAll(List.of(Fingerprints.class.getName(), backend, String.valueOf(samples)));
    if (benchmarks) command.add("benchmarks");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Map<String, String> sums = new TreeMap<>();
    List<String> printed = new ArrayList<>();
    try (var reader = process.inputReader()) {
      reader.lines().forEach(line -> {
        int tab = line.indexOf('\t');
        if (tab > 0 && line.indexOf('|') > 0) sums.put(line.substring(0, tab), line.substring(tab + 1));
        else {
          printed.add(line);
          heard.accept(line);
        }
      });
    }
    int status = process.waitFor();
    if (status != 0) {
      List<String> end = printed.subList(Math.max(0, printed.size() - 30), printed.size());
      throw new IllegalStateException("conformance: " + options + " ended with " + status + ": " + String.join("\n", end));
    }
    return sums;
  }

  /// Modules and class path together: as a class path they need no names.
  private static String classPath() {
    String modules = System.getProperty("jdk.module.path", "");
    String classes = System.getProperty("java.class.path", "");
    return String.join(File.pathSeparator, Stream.of(modules, classes).filter(path -> !path.isEmpty()).toList());
  }

  /// The cases whose checksums differ, or that only one of the two has, as [BackendConformance#REPEAT] takes them.
  public static List<String> differences(Map<String, String> first, Map<String, String> second) {
    List<String> differing = new ArrayList<>();
    first.forEach((name, sum) -> {
      if (!sum.equals(second.get(name))) differing.add(repeatable(name));
    });
    second.keySet().stream().filter(name -> !first.containsKey(name)).map(Fingerprints::repeatable).forEach(differing::add);
    return differing;
  }

  private static String repeatable(String name) {
    String[] parts = name.split("\\|");
    if (parts[2].equals("benchmark")) return name;
    int index = Integer.parseInt(parts[2]);
    return parts[0] + "|forward|" + parts[1] + "|" + plans(parts[0], DType.parse(parts[1]), index + 1).get(index);
  }
}
