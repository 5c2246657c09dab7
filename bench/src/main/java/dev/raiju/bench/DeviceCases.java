package dev.raiju.bench;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Times cases on any device, one after the other, since a device's memory holds no more; beside each, in alternating rounds, what
/// peers need for it on the same device.
public final class DeviceCases implements AutoCloseable {
  private final Device device;
  private final int rounds;
  private final boolean errors;
  private final List<Peer> peers = new ArrayList<>();

  /// @param rounds of each case
  /// @param errors whether results are compared with f64
  public DeviceCases(Device device, int rounds, boolean errors) {
    this.device = device;
    this.rounds = rounds;
    this.errors = errors;
  }

  /// A case in one of its types.
  ///
  /// @param which its name
  /// @param type the label of the type, such as `bf16`
  public record Timed(String which, String type) {
    /// @throws IllegalArgumentException if there is no such case, or it has no such type
    public Timed {
      if (find(which).kinds().stream().noneMatch(kind -> kind.label().equals(type)))
        throw new IllegalArgumentException("bench: " + which + " has no " + type);
    }

    private static Case find(String name) { return Cases.find(List.of(name), true).getFirst(); }

    private Case found() { return find(which); }

    private Kind kind() { return Kind.of(type).orElseThrow(); }

    @Override
    public String toString() { return which + " " + type; }
  }

  /// Starts a peer, which takes part in every case from now on.
  ///
  /// @param command see `bench/README.md`
  /// @throws IOException if it cannot be started
  public void addPeer(String command) throws IOException {
    peers.add(new Peer(command, Runtime.getRuntime().availableProcessors()));
  }

  static List<Timed> all(List<Case> cases, List<Kind> kinds) {
    return cases.stream().flatMap(c -> c.kinds().stream().filter(kinds::contains).map(kind -> new Timed(c.name(), kind.label())))
        .toList();
  }

  /// Times one case.
  ///
  /// @return a line in the fields of `raiju bench`, with `peers` if there are any; an `error` instead of times if it cannot run
  /// @throws IOException if a peer ended
  public Json.Obj time(Timed timed) throws IOException {
    Case which = timed.found();
    Kind kind = timed.kind();
    try (Prepared ours = Prepared.of(which, kind, device, RunCases.MIN_SECONDS)) {
      Task.Accuracy accuracy = errors ? ours.accuracy() : Task.Accuracy.none("");
      Map<Peer, List<Double>> theirs = new LinkedHashMap<>();
      Json.Obj others = Json.object();
      Map<Peer, String> notes = new LinkedHashMap<>();
      for (Peer peer : peers) {
        Json.Obj ready = peer.ask("prepare", which.name(), kind);
        if (ready.members().get("error") instanceof Json.Str(String why)) {
          others = others.with(peer.name(), Json.object().with("error", why));
          continue;
        }
        theirs.put(peer, new ArrayList<>());
        if (ready.members().get("note") instanceof Json.Str(String note)) notes.put(peer, note);
      }
      List<Double> times = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        times.add(1e3 * ours.round().wall());
        for (var entry : theirs.entrySet()) entry.getValue().add(entry.getKey().round(which.name(), kind).wallMillis());
      }
      for (Peer peer : theirs.keySet()) peer.ask("drop", which.name(), kind);
      for (var entry : theirs.entrySet()) {
        double median = Numbers.median(entry.getValue());
        Json.Obj one = Json.object().with("median_ms", Numbers.rounded(median, 4)).with("ratio", Numbers.rounded(median / Numbers
            .median(times), 3));
        String note = notes.getOrDefault(entry.getKey(), "");
        others = others.with(entry.getKey().name(), note.isEmpty() ? one : one.with("note", note));
      }
      Json.Obj line = ours.line(Runtime.getRuntime().availableProcessors(), accuracy);
      return peers.isEmpty() ? line : line.with("peers", others);
    } catch (UnsupportedOperationException | InsufficientMemoryException e) {
      return Json.object().with("case", which.name()).with("dtype", kind.label()).with("device", device.name()).with("error",
          String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() { peers.forEach(Peer::close); }
}
