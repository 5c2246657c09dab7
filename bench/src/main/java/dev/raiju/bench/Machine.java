package dev.raiju.bench;

import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.stream.Stream;

/// What results were measured on.
public final class Machine {
  private static final Path LINUX_CPU = Path.of("/proc/cpuinfo");

  private Machine() {}

  /// Date, processor, system and Java version.
  public static Json.Obj json() {
    return Json.object().with("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()).with("cpu", cpu()).with(
        "processors", Runtime.getRuntime().availableProcessors()).with("system", System.getProperty("os.name") + " " + System
            .getProperty("os.arch")).with("java", System.getProperty("java.version"));
  }

  /// How many processes wanted to run, averaged over the last minute; -1 where the system does not tell. More than the processors
  /// there are means that times were taken beside other work.
  static double load() { return Numbers.rounded(ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(), 2); }

  /// Where results of this machine are kept.
  static Path resultFile() {
    String name = fact("model name") + "-" + fact("cpu family") + "-" + fact("model") + "-" + Runtime.getRuntime()
        .availableProcessors() + "cores";
    return Path.of(System.getProperty("raiju.root", ""), "bench", "results", name.toLowerCase(Locale.ROOT).replaceAll(
        "[^a-z0-9]+", "-") + ".json");
  }

  private static String cpu() { return fact("model name") + ", family " + fact("cpu family") + ", model " + fact("model"); }

  /// The first value of a line of the system's description of its processors, or the architecture where there is none.
  private static String fact(String name) {
    if (Files.isReadable(LINUX_CPU)) {
      try (Stream<String> lines = Files.lines(LINUX_CPU)) {
        return lines.filter(line -> line.startsWith(name + "\t")).map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst().orElse(System.getProperty("os.arch"));
      } catch (IOException e) {
        return System.getProperty("os.arch");
      }
    }
    return System.getProperty("os.arch");
  }
}
