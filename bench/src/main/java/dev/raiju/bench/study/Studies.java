package dev.raiju.bench.study;

import dev.raiju.bench.Options;
import dev.raiju.bench.UsageException;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// The command `raiju bench study`.
public final class Studies {
  /// One run, then the next goes on.
  private static final int MINUTES = 90;
  private static final int MOST = 100_000;
  private static final List<String> HELP = List.of("usage: raiju bench study NAME [OPTIONS]",
      "       raiju bench study report NAME [OPTIONS]", "",
      "Runs the study that bench/studies/NAME.json says, and goes on where it was stopped; or writes its report.", "",
      "  --minutes N      begins no further stage after so long (default: " + MINUTES + ")",
      "  --folder DIR     where configuration, results and report are (default: bench/studies)",
      "  --runs DIR       where latents and models between stages are kept (default: runs/studies)");

  private Studies() {}

  /// @param typed what comes after `study`
  /// @return the exit status: 0 if all is there, 3 if it is to be run again
  /// @throws UsageException for a wrong command line
  public static int run(List<String> typed, PrintStream out) throws IOException {
    Options options = Options.parse(typed, Set.of("--minutes", "--folder", "--runs"), Set.of("--help"));
    if (options.has("--help") || options.words().isEmpty()) {
      HELP.forEach(out::println);
      return options.has("--help") ? 0 : 2;
    }
    boolean report = options.words().getFirst().equals("report");
    if (options.words().size() != (report ? 2 : 1))
      throw new UsageException("study: got " + String.join(" ", options.words()) + "; needs the name of a study");
    Path root = Path.of(System.getProperty("raiju.root", ""));
    Path folder = options.all("--folder").isEmpty() ? root.resolve("bench/studies") : Path.of(options.text("--folder", ""));
    String name = options.words().getLast();
    Path config = folder.resolve(name + ".json");
    if (!Files.exists(config)) throw new UsageException("study: no such file: " + config);
    Study study = Study.read(config);
    RawResults results = RawResults.open(folder.resolve(name + ".jsonl"));
    if (report) return report(study, results, folder, out);
    Path runs = options.all("--runs").isEmpty() ? root.resolve("runs/studies") : Path.of(options.text("--runs", ""));
    return run(study, results, root, runs, options.whole("--minutes", 0, MOST, MINUTES), out);
  }

  private static int run(Study study, RawResults results, Path root, Path runs, int minutes, PrintStream out) throws IOException {
    long begun = System.nanoTime();
    BooleanSupplier stop = () -> System.nanoTime() - begun >= Duration.ofMinutes(minutes).toNanos();
    try (StudyRun run = StudyRun.open(study, results, root, runs, Device.best(), out::println)) {
      boolean all = run.run(stop);
      out.println(all
          ? "all is measured; raiju bench study report " + study.name() + " says what came of it"
          : "more is left; run it again");
      return all ? 0 : 3;
    }
  }

  private static int report(Study study, RawResults results, Path folder, PrintStream out) throws IOException {
    StudyReport report = StudyReport.of(study, results);
    Durable.system().write(folder.resolve(study.name() + ".md").toAbsolutePath(), report.text());
    for (var chart : report.charts().entrySet())
      Durable.system().write(folder.resolve(chart.getKey()).toAbsolutePath(), chart
          .getValue());
    out.print(report.text());
    return 0;
  }
}
