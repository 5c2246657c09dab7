package dev.raiju.export.runtime;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.StagedDirectory;
import dev.raiju.tensor.io.StagedDirectory.Written;
import dev.raiju.tensor.io.TensorBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SequencedMap;

/// Writes bundles: `plan.json` and `weights.bin` in a new folder, which appears as a whole or not at all.
///
/// @param run what the plans are run for
/// @param plans by their names in [Bundle]; weights have names that are unique over all of them
public record BundleWriter(ClipRun run, SequencedMap<String, PlacedGraph> plans) {
  /// Opens the weights of a plan, one plan after the other, so that one part of a model is in memory at a time.
  @FunctionalInterface
  public interface Source {
    Opened open(String plan) throws IOException;
  }

  /// Weights while they are written.
  public interface Opened extends AutoCloseable {
    /// The weight of this name, in host memory.
    Tensor weight(String name);

    @Override
    default void close() {}
  }

  /// Bytes of `weights.bin`.
  public long weightBytes() { return WeightTable.of(plans.values()).bytes(); }

  /// @param also files that go with it, by name
  /// @throws dev.raiju.tensor.io.StorageException if the folder is there already or cannot be written
  public void write(Path folder, Source weights, SequencedMap<String, byte[]> also) throws IOException {
    WeightTable table = WeightTable.of(plans.values());
    try (StagedDirectory staged = Durable.system().stage(folder)) {
      Written written = staged.write(Bundle.WEIGHTS, out -> write(table, weights, out));
      for (var file : also.entrySet()) staged.write(file.getKey(), out -> out.write(ByteBuffer.wrap(file.getValue())));
      byte[] text = json(table, written.sha256()).compact().getBytes(StandardCharsets.UTF_8);
      staged.write(Bundle.PLAN, out -> out.write(ByteBuffer.wrap(text)));
      staged.commit();
    }
  }

  private Json.Obj json(WeightTable table, String sha256) {
    Json.Obj all = Json.object();
    for (var plan : plans.entrySet()) all = all.with(plan.getKey(), GraphForm.write(plan.getValue()));
    return Json.object().with("format", Bundle.FORMAT).with("version", Bundle.VERSION).with("ops", OpForm.VERSION).with("run", run
        .write()).with("weights", table.write().with("sha256", sha256)).with("plans", all);
  }

  private void write(WeightTable table, Source weights, WritableByteChannel out) throws IOException {
    long at = 0;
    for (var plan : plans.entrySet()) {
      try (Opened opened = weights.open(plan.getKey())) {
        for (Value value : plan.getValue().graph().values()) {
          if (!(value instanceof Value.Weight weight)) continue;
          WeightTable.Entry entry = Objects.requireNonNull(table.entries().get(weight.name()));
          Tensor tensor = opened.weight(weight.name());
          if (!tensor.spec().equals(entry.spec()))
            throw new ShapeException("bundle: weight %s: %s; the plan has %s", weight.name(), tensor.spec(), entry.spec());
          zeros(entry.offset() - at, out);
          TensorBytes.write(tensor, out);
          at = entry.end();
        }
      }
    }
    zeros(table.bytes() - at, out);
  }

  private static void zeros(long count, WritableByteChannel out) throws IOException {
    out.write(ByteBuffer.allocate(Math.toIntExact(count)));
  }
}
