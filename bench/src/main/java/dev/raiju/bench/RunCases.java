package dev.raiju.bench;

import dev.raiju.kernels.cpu.CpuBackend;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// `raiju bench`: times cases in rounds, each case once a round, so that a change of the machine's load touches all alike.
final class RunCases {
  static final Set<String> VALUED = Set.of("--case", "--dtype", "--threads", "--repeat", "--device", "--peer");
  static final Set<String> FLAGS = Set.of("--json", "--heavy", "--list", "--no-error");
  static final int MOST_THREADS = 1024;

  private static final int ROUNDS = 7;
  /// What a round of one case lasts at least.
  static final double MIN_SECONDS = 0.05;

  private RunCases() {}

  /// @return the exit status: 1 if no case could be run
  static int run(List<String> typed, PrintStream out) throws IOException {
    Options options = Options.parse(typed, VALUED, FLAGS);
    if (!options.words().isEmpty()) {
      throw new UsageException("no such command: " + options.words().getFirst() + "; there are headline and jmh");
    }
    List<Case> cases = Cases.find(options.list("--case", "*"), options.has("--heavy"));
    List<Kind> kinds = options.kinds();
    if (options.has("--list")) {
      for (Case c : cases)
        out.println(c.name() + " " + String.join(" ", c.kinds().stream().map(Kind::label).toList()) + (c.heavy()
            ? " heavy"
            : ""));
      return 0;
    }
    int threads = options.whole("--threads", 1, MOST_THREADS, Runtime.getRuntime().availableProcessors());
    int rounds = options.whole("--repeat", 1, 10_000, ROUNDS);
    if (cases.stream().noneMatch(c -> c.kinds().stream().anyMatch(kinds::contains))) {
      throw new UsageException("--dtype: " + options.text("--dtype", "") + ": none of the cases has it; raiju bench --list names"
          + " the types of each");
    }
    if (options.has("--device")) return onDevice(options, cases, kinds, rounds, out);
    if (options.has("--peer")) throw new UsageException("--peer: needs --device; raiju bench headline compares on the CPU");
    List<Json.Obj> lines = measure(cases, kinds, threads, rounds, !options.has("--no-error"));
    if (options.has("--json")) lines.forEach(line -> out.println(line.compact()));
    else LineTable.of(lines).forEach(out::println);
    return lines.stream().allMatch(line -> line.members().containsKey("error")) ? 1 : 0;
  }

  private static int onDevice(Options options, List<Case> cases, List<Kind> kinds, int rounds, PrintStream out)
      throws IOException {
    Device device;
    try {
      device = Device.named(options.text("--device", "cpu"));
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
    List<Json.Obj> lines = new ArrayList<>();
    try (DeviceCases timing = new DeviceCases(device, rounds, !options.has("--no-error"))) {
      for (String peer : options.all("--peer")) timing.addPeer(peer);
      for (DeviceCases.Timed timed : DeviceCases.all(cases, kinds)) {
        Json.Obj line = timing.time(timed);
        lines.add(line);
        if (options.has("--json")) out.println(line.compact());
      }
    }
    if (!options.has("--json")) LineTable.of(lines).forEach(out::println);
    return lines.stream().allMatch(line -> line.members().containsKey("error")) ? 1 : 0;
  }

  /// Sets everything up, takes the rounds, and gives a line for each case and kind.
  static List<Json.Obj> measure(List<Case> cases, List<Kind> kinds, int threads, int rounds, boolean errors) {
    Device device = Device.of(new CpuBackend(threads));
    List<Json.Obj> lines = new ArrayList<>();
    List<Prepared> live = new ArrayList<>();
    List<Task.Accuracy> accuracies = new ArrayList<>();
    try {
      for (Case c : cases) {
        for (Kind kind : c.kinds().stream().filter(kinds::contains).toList()) {
          try {
            Prepared prepared = Prepared.of(c, kind, device, MIN_SECONDS);
            live.add(prepared);
            accuracies.add(errors ? prepared.accuracy() : Task.Accuracy.none(""));
          } catch (UnsupportedOperationException e) {
            lines.add(Json.object().with("case", c.name()).with("dtype", kind.label()).with("error", String.valueOf(e
                .getMessage())));
          }
        }
      }
      for (int i = 0; i < rounds; i++) live.forEach(Prepared::round);
      for (int i = 0; i < live.size(); i++) lines.add(live.get(i).line(threads, accuracies.get(i)));
      return lines;
    } finally {
      live.forEach(Prepared::close);
    }
  }
}
