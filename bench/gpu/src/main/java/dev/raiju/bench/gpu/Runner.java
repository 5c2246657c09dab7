package dev.raiju.bench.gpu;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Does all parts on the machine that it runs on, as far as the time of this call goes; the next call goes on from what is written.
///
/// Each part runs in processes of its own: a device that is lost, or a kernel that never ends, costs one unit.
public final class Runner {
  // for the last file to be written, and processes to end
  private static final int MARGIN_MILLIS = 5_000;
  // a process tries again no unit that took it longer than this and was cut off
  private static final int LONG_MILLIS = 120_000;
  private static final int LEAST_MILLIS = 3_000;
  // of a call's time, for a training to save its state before it is ended
  private static final int SAVING_PART = 20;

  private final Settings settings;
  private final Path home;
  private final long until;
  private final long stopAt;

  private Runner(Settings settings, Path home) {
    this.settings = settings;
    this.home = home;
    this.until = System.currentTimeMillis() + 1000L * settings.seconds() - MARGIN_MILLIS;
    this.stopAt = until - 1000L * settings.seconds() / SAVING_PART;
  }

  public static void main(String[] typed) throws IOException {
    try {
      Path home = Path.of(System.getProperty("raiju.home", "")).toAbsolutePath();
      System.exit(new Runner(Settings.parse(List.of(typed)), home).run());
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  /// @return 0 if nothing failed, 1 if something did or the device cannot be used
  private int run() throws IOException {
    Optional<Json.Obj> report = report();
    if (report.isEmpty()) return 1;
    Results results = Results.open(settings.out(), report.get());
    results.begin();
    for (Part part : settings.parts(goldens())) run(part, results);
    results.save();
    Json.Obj counts = results.counts();
    say("results are in " + results.file());
    counts.members().forEach((part, words) -> say(part + ": " + words.compact()));
    return counts.compact().contains("\"failed\"") ? 1 : 0;
  }

  private static void say(String line) { System.out.println("gpu: " + line); }

  private List<String> goldens() throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("goldens"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private Optional<Json.Obj> report() {
    Child child = new Child(Part.DEVICE, List.of("report"));
    Program.End end = child.run();
    Json.Obj facts = child.facts;
    if (facts == null || !Json.of("passed").equals(facts.members().get("outcome"))) {
      say("the device cannot be used: " + (facts == null ? end.text() : facts.compact()));
      return Optional.empty();
    }
    say(facts.compact());
    return Optional.of(facts);
  }

  private boolean hasTime() { return until - System.currentTimeMillis() > LEAST_MILLIS; }

  private void run(Part part, Results results) throws IOException {
    List<String> missing = results.missing(part);
    if (part.isAlone()) {
      for (String unit : missing) {
        if (hasTime()) tool(unit, results);
      }
      return;
    }
    while (!missing.isEmpty() && hasTime()) {
      some(part, missing, results);
      List<String> after = results.missing(part);
      // nothing was done: the time is over
      if (after.equals(missing)) return;
      missing = after;
    }
  }

  /// As many units as one process does.
  private void some(Part part, List<String> units, Results results) throws IOException {
    say(part.name() + ": " + units.size() + " to do");
    Child child = new Child(part.name(), units);
    child.sink = (unit, facts) -> {
      try {
        results.put(part.name(), unit, facts);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      say(part.name() + ": " + unit + ": " + brief(facts));
    };
    Program.End end = child.run();
    if (child.begun.isEmpty()) return;
    long millis = System.currentTimeMillis() - child.begunAt;
    // the unit in which the process ended
    if (!end.isLate() || millis > LONG_MILLIS)
      results.put(part.name(), child.begun, Part.outcome(end.isLate() ? "cut off" : "failed").with("seconds", millis / 1e3).with(
          "problem", "the process ended with " + end.code() + ": " + end.text()));
  }

  private static String brief(Json.Obj facts) {
    String line = facts.compact();
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }

  /// A tool of the vendor around a process that runs a few rows.
  private void tool(String tool, Results results) throws IOException {
    say("sanitizer: " + tool);
    List<String> command = new ArrayList<>(List.of(settings.sanitizer(), "--tool", tool, "--error-exitcode", "9",
        "--target-processes", "all"));
    Child child = new Child(Part.SANITIZER, settings.checked());
    int[] rows = {0};
    child.sink = (unit, facts) -> rows[0]++;
    command.addAll(child.command());
    Program.End end = child.run(command);
    String summary = end.last().stream().filter(line -> line.contains("ERROR SUMMARY")).findFirst().orElse("");
    String outcome = end.isAbsent() || end.text().contains("not supported")
        ? Part.ABSENT
        : end.isLate() ? "cut off" : end.code() == 0 ? "passed" : "failed";
    results.put(Part.SANITIZER, tool, Part.outcome(outcome).with("rows", rows[0]).with("summary", summary.isEmpty()
        ? end.text()
        : summary));
  }

  @FunctionalInterface
  private interface Sink {
    void done(String unit, Json.Obj facts);
  }

  /// A process of [Worker], and what it has said.
  private final class Child {
    private final String part;
    private final List<String> units;
    private String begun = "";
    private long begunAt;
    private Json.@Nullable Obj facts;
    private Sink sink = (unit, facts) -> {
    };

    Child(String part, List<String> units) {
      this.part = part;
      this.units = units;
    }

    List<String> command() {
      List<String> words = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx"
          + settings.memory(), "-XX:+UseSerialGC", "-XX:-UsePerfData", "--add-modules", "jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED", "-Djqwik.database=/dev/null"));
      settings.library().ifPresent(file -> words.add("-Draiju.cuda.library=" + file));
      words.addAll(List.of("-cp", System.getProperty("java.class.path"), Worker.class.getName(), part, String.valueOf(stopAt),
          home.toString()));
      words.addAll(units);
      words.add("--");
      words.addAll(settings.typed());
      return words;
    }

    Program.End run() { return run(command()); }

    Program.End run(List<String> command) { return Program.run(command, until, this::hear); }

    private void hear(String line) {
      if (!line.startsWith(Worker.MARK)) {
        System.err.println(line);
        return;
      }
      try {
        Fields said = Fields.of("worker", Json.parse("worker", line.substring(Worker.MARK.length())));
        if (said.has("begin")) {
          begun = said.string("begin");
          begunAt = System.currentTimeMillis();
        } else if (said.value("facts") instanceof Json.Obj found) {
          facts = found;
          begun = "";
          sink.done(said.string("unit"), found);
        }
      } catch (IOException e) {
        System.err.println("gpu: a line that cannot be read: " + line);
      }
    }
  }
}
