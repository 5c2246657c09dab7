package dev.raiju.export.cli;

import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.Verifier;
import dev.raiju.models.verify.VerifyResult;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// `raiju verify`: computes what golden files hold, and compares.
final class Verify implements Command {
  private static final String PASSED = "ok";
  private static final String FAILED = "FAILED";
  private static final String UNCHECKED = "not checked";

  @Override
  public String name() { return "verify"; }

  @Override
  public String arguments() { return "PATH … [OPTION …]"; }

  @Override
  public String summary() { return "compares with reference results that another implementation computed"; }

  @Override
  public List<Option> options() {
    return List.of(Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]"), Option
        .of(
            "--device-report", "FILE",
            "also runs each operation beside the reference; writes what the device is"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    List<Path> files = targets(arguments.paths("a golden file or a folder of them"));
    Device device = Generate.device(arguments);
    Verifier verifier = Verifier.installed();
    int width = files.stream().mapToInt(file -> file.getFileName().toString().length()).max().orElse(0);
    int passed = 0;
    int failed = 0;
    int unchecked = 0;
    int harmless = 0;
    List<String> rows = new ArrayList<>();
    for (Path file : files) {
      if (Thread.currentThread().isInterrupted()) throw new InterruptedException();
      String name = file.getFileName().toString();
      if (!Files.exists(file)) {
        failed++;
        rows.add(row(FAILED, name, width, "there is no such file or folder"));
        console.print(rows.getLast());
        continue;
      }
      String why = companion(file);
      if (!Verifier.isChecked(file) || !why.isEmpty()) {
        if (why.isEmpty()) unchecked++;
        else harmless++;
        rows.add(row(UNCHECKED, name, width, why.isEmpty() ? "not a golden file" : why));
        console.print(rows.getLast());
        continue;
      }
      if (console.isTerminal()) console.meter("checking " + name);
      VerifyResult result = verifier.verify(file, device);
      if (result.passed()) passed++;
      else if (result.isChecked()) failed++;
      else unchecked++;
      rows.add(row(result.passed() ? PASSED : result.isChecked() ? FAILED : UNCHECKED, name, width, describe(result)));
      console.print(rows.getLast());
    }
    String summary = passed + " passed, " + failed + " failed, " + (unchecked + harmless) + " not checked, on " + device;
    console.print(summary);
    Optional<Path> page = arguments.path("--device-report");
    boolean agrees = page.isEmpty() || report(page.get(), device, rows, summary, console);
    return failed == 0 && unchecked == 0 && passed > 0 && agrees ? 0 : 1;
  }

  /// Gives whether everything in the report agrees.
  private static boolean report(Path page, Device device, List<String> files, String summary, Console console)
      throws IOException {
    DeviceReport report = DeviceReport.of(device, files);
    Durable.system().write(page, report.text(summary));
    console.print(report.summary() + "; the report is in " + page);
    return report.passed();
  }

  /// Files and the files in folders; a folder of shards is looked at as one.
  private static List<Path> targets(List<Path> named) throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path path : named) {
      if (!Files.isDirectory(path) || Verifier.isChecked(path)) {
        all.add(path);
        continue;
      }
      all.addAll(PathList.expand(List.of(path)));
      try (Stream<Path> inside = Files.list(path)) {
        for (Path folder : inside.filter(Files::isDirectory).sorted().toList()) {
          if (Verifier.isChecked(folder)) all.add(folder);
        }
      }
    }
    return all;
  }

  /// Why a file needs no check of its own, or nothing.
  private static String companion(Path file) throws IOException {
    if (PathList.isText(file)) return "for people";
    Optional<String> reference = Verifier.companion(file);
    if (reference.isPresent()) return reference.get();
    String name = file.getFileName().toString();
    if (!name.endsWith(".model")) return "";
    String golden = name.substring(0, name.length() - ".model".length()) + ".json";
    return Files.exists(file.resolveSibling(golden)) ? "read by " + golden : "";
  }

  private static String row(String verdict, String name, int width, String rest) {
    return String.format(Locale.ROOT, "%-" + UNCHECKED.length() + "s  %-" + width + "s  %s", verdict, name, rest);
  }

  private static String describe(VerifyResult result) {
    int count = result.entries().size();
    if (result.problem().isPresent()) {
      String problem = Failure.withoutName(result.problem().get(), result.file());
      return count == 0 ? problem : String.format(Locale.ROOT, "%5d compared, then: %s", count, problem);
    }
    String worst = result.firstFailure().map(entry -> "first wrong").orElse("worst");
    return String.format(Locale.ROOT, "%5d compared, %s ", count, worst) + result.firstFailure().or(result::worst).map(
        Verify::describe).orElse("none");
  }

  private static String describe(Comparison.Entry entry) {
    String limit = entry.tolerance() == 0 ? "must be exact" : String.format(Locale.ROOT, "of %.0e", entry.tolerance());
    return String.format(Locale.ROOT, "%.1e %-13s  %s", entry.error(), limit, entry.name());
  }
}
