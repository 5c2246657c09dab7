package dev.raiju.export.cli;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What computed a clip: on another one its bytes may differ.
///
/// @param raiju the version
/// @param cpu the name of the processor
/// @param backend the name of the device
/// @param kernels what the backend says it chose: provider, lanes, threads
/// @param java version and maker of the JDK
/// @param system operating system and architecture
record Machine(String raiju, String cpu, String backend, String kernels, String java, String system) {
  private static final Path LINUX_CPU = Path.of("/proc/cpuinfo");

  static Machine of(Device device) {
    return new Machine(Raiju.version(), processor(), device.name(), device.backend().describe(), System.getProperty(
        "java.version")
        + ", " + System.getProperty("java.vendor"), System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  /// The name of the processor, or its architecture where the system does not tell.
  static String processor() {
    if (Files.isReadable(LINUX_CPU)) {
      try (Stream<String> lines = Files.lines(LINUX_CPU)) {
        return lines.filter(line -> line.startsWith("model name")).map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst().orElse(System.getProperty("os.arch"));
      } catch (IOException e) {
        return System.getProperty("os.arch");
      }
    }
    return System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", System.getProperty("os.arch"));
  }

  static Machine read(Fields json) throws ModelFormatException {
    return new Machine(json.string("raiju"), json.string("cpu"), json.string("backend"), json.string("kernels"), json.string(
        "java"), json.string("system"));
  }

  Json.Obj write() {
    return Json.object().with("raiju", raiju).with("cpu", cpu).with("backend", backend).with("kernels", kernels).with("java",
        java)
        .with("system", system);
  }

  /// What is not as it was, one line each: `cpu: was X, here Y`.
  List<String> differences(Machine here) {
    List<String> lines = new ArrayList<>();
    compare("raiju", raiju, here.raiju, lines);
    compare("cpu", cpu, here.cpu, lines);
    compare("backend", backend, here.backend, lines);
    compare("kernels", kernels, here.kernels, lines);
    compare("java", java, here.java, lines);
    compare("system", system, here.system, lines);
    return lines;
  }

  private static void compare(String what, String was, String is, List<String> lines) {
    if (!was.equals(is)) lines.add(what + ": was " + was + ", here " + is);
  }
}
