package dev.raiju.bench;

import dev.raiju.kernels.cpu.CpuBackend;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// `raiju bench headline`: the fixed set beside its peers. Rounds of ours and of each peer take turns, so that the machine's other
/// work falls on all alike; the machine's limits are measured in the same run.
///
/// With one thread times are CPU time, which other work hardly touches; with more they are wall time.
final class Headline {
  private static final int ROUNDS = 5;

  private final PrintStream err;
  private final ResultsFile file;
  private final int threads;
  private final int rounds;
  private final boolean errors;

  private Headline(PrintStream err, ResultsFile file, int threads, int rounds, boolean errors) {
    this.err = err;
    this.file = file;
    this.threads = threads;
    this.rounds = rounds;
    this.errors = errors;
  }

  static int run(List<String> typed, PrintStream out, PrintStream err) throws IOException {
    Options options = Options.parse(typed, Set.of("--peer", "--threads", "--repeat", "--out"), Set.of("--no-error", "--json"));
    List<HeadlineRow> rows = rows(options.words());
    int rounds = options.whole("--repeat", 1, 1000, ROUNDS);
    List<Integer> counts = options.list("--threads", "1").stream().map(Headline::threads).toList();
    ResultsFile file = new ResultsFile(Path.of(options.text("--out", Machine.resultFile().toString())), rounds);
    Json.Obj results = Json.object();
    for (int threads : counts) {
      Headline headline = new Headline(err, file, threads, rounds, !options.has("--no-error"));
      Json.Obj run = headline.measure(rows, options.all("--peer"));
      results = file.save(run);
      file.finish(run);
      if (!options.has("--json")) HeadlineTable.of(run).forEach(out::println);
    }
    if (options.has("--json")) out.println(results.compact());
    err.println("raiju: bench: results are in " + file);
    return 0;
  }

  private static int threads(String text) {
    return Options.parse(List.of("--threads", text), Set.of("--threads"), Set.of()).whole("--threads", 1, RunCases.MOST_THREADS,
        1);
  }

  private static List<HeadlineRow> rows(List<String> names) {
    List<HeadlineRow> all = HeadlineRow.all();
    for (String name : names) {
      if (all.stream().noneMatch(row -> row.name().equals(name))) {
        throw new UsageException("headline: no such row: " + name + "; there are " + String.join(", ", all.stream().map(
            HeadlineRow::name).distinct().toList()));
      }
    }
    return names.isEmpty() ? all : all.stream().filter(row -> names.contains(row.name())).toList();
  }

  /// One run of all rows, with what was found as a member of results.
  private Json.Obj measure(List<HeadlineRow> rows, List<String> commands) throws IOException {
    Limits limits = Limits.measure(threads);
    Device device = Device.of(new CpuBackend(threads));
    List<Peer> peers = new ArrayList<>();
    List<Json> lines = new ArrayList<>();
    try {
      for (String command : commands) peers.add(new Peer(command, threads));
      for (HeadlineRow row : rows) {
        err.println("raiju: bench: " + row.name() + " " + row.kind() + ", " + threads + (threads == 1 ? " thread" : " threads"));
        lines.add(line(row, device, peers, limits));
        file.save(run(device, limits, lines));
      }
      return run(device, limits, lines);
    } finally {
      peers.forEach(Peer::close);
    }
  }

  private Json.Obj run(Device device, Limits limits, List<Json> lines) {
    return Json.object().with("threads", threads).with("time", threads == 1 ? "cpu" : "wall").with("backend", device.backend()
        .describe()).with("limits", limits.json()).with("rows", new Json.Arr(lines));
  }

  private Json.Obj line(HeadlineRow row, Device device, List<Peer> peers, Limits limits) throws IOException {
    Json.Obj line = Json.object().with("name", row.name()).with("case", row.which()).with("dtype", row.kind().label());
    try (Prepared ours = Prepared.of(row.find(), row.kind(), device, RunCases.MIN_SECONDS)) {
      Task.Accuracy accuracy = errors ? ours.accuracy() : Task.Accuracy.none("");
      Map<Peer, List<Double>> theirs = new LinkedHashMap<>();
      Json.Obj refusals = Json.object();
      for (Peer peer : peers) {
        Json.Obj ready = peer.ask("prepare", row.which(), row.kind());
        if (ready.members().get("error") instanceof Json.Str(String why)) refusals = refusals.with(peer.name(), why);
        else theirs.put(peer, new ArrayList<>());
      }
      List<Double> times = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        Prepared.Sample sample = ours.round();
        times.add(1e3 * (threads == 1 ? sample.cpu() : sample.wall()));
        for (var entry : theirs.entrySet()) {
          Peer.Round round = entry.getKey().round(row.which(), row.kind());
          entry.getValue().add(threads == 1 ? round.cpuMillis() : round.wallMillis());
        }
      }
      for (Peer peer : theirs.keySet()) peer.ask("drop", row.which(), row.kind());
      return result(line, row, limits, times, theirs, refusals, accuracy);
    } catch (UnsupportedOperationException e) {
      return line.with("error", String.valueOf(e.getMessage()));
    }
  }

  private static Json.Obj result(Json.Obj line, HeadlineRow row, Limits limits, List<Double> times,
      Map<Peer, List<Double>> theirs,
      Json.Obj refusals, Task.Accuracy accuracy) {
    double ours = Numbers.median(times);
    double share = row.shareOf(limits, ours / 1e3);
    Json.Obj peers = Json.object();
    for (var entry : theirs.entrySet()) {
      double peer = Numbers.median(entry.getValue());
      peers = peers.with(entry.getKey().name(), spread(entry.getValue()).with("ratio", Numbers.rounded(peer / ours, 3)));
    }
    for (var refusal : refusals.members().entrySet()) {
      peers = peers.with(refusal.getKey(), Json.object().with("error", refusal.getValue()));
    }
    Json.Obj all = line.with("ours", spread(times)).with("peers", peers).with("ratio_goal", row.ratio()).with("share", Double
        .isFinite(share) ? Json.of(Numbers.rounded(share, 3)) : new Json.Null()).with("share_goal", row.share()).with(
            "relative_error", Numbers.json(accuracy.error()));
    return accuracy.note().isEmpty() ? all : all.with("note", accuracy.note());
  }

  /// The median with the best and the worst round.
  private static Json.Obj spread(List<Double> milliseconds) {
    List<Double> sorted = milliseconds.stream().sorted().toList();
    return Json.object().with("median_ms", Numbers.rounded(Numbers.median(milliseconds), 4)).with("min_ms", Numbers.rounded(sorted
        .getFirst(), 4)).with("max_ms", Numbers.rounded(sorted.getLast(), 4));
  }
}
