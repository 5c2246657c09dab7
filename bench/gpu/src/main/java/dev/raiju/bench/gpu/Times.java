package dev.raiju.bench.gpu;

import dev.raiju.bench.DeviceCases;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Path;

/// Times of cases, beside those of PyTorch where it is.
final class Times implements AutoCloseable {
  private final DeviceCases cases;
  private final String peers;

  Times(Device device, Settings settings, Path home) {
    cases = new DeviceCases(device, settings.rounds(), true);
    String command = settings.python() + " " + home.resolve("torch_peer.py") + " --device " + settings.device();
    String found = "torch";
    try {
      cases.addPeer(command);
    } catch (IOException e) {
      found = "absent: " + e.getMessage();
    }
    peers = found;
  }

  /// @param unit a case and its type
  Json.Obj take(String unit) throws IOException {
    int space = unit.lastIndexOf(' ');
    Json.Obj line = cases.time(new DeviceCases.Timed(unit.substring(0, space), unit.substring(space + 1)));
    Json.Obj facts = Part.outcome(line.members().containsKey("error") ? "refused" : "timed");
    for (var member : line.members().entrySet()) facts = facts.with(member.getKey(), member.getValue());
    return line.members().containsKey("peers") ? facts : facts.with("peer", peers);
  }

  @Override
  public void close() { cases.close(); }
}
