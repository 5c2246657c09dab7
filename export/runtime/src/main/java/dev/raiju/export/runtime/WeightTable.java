package dev.raiju.export.runtime;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// What lies where in `weights.bin`: the weights of each plan together, in a section of their own.
///
/// @param entries by name, in the order of the file
/// @param bytes of the file
record WeightTable(SequencedMap<String, Entry> entries, long bytes) {
  /// Where a section begins: pages of Apple's chips, so that each can be mapped alone.
  static final long SECTION = 16 << 10;
  /// Where a weight begins: what the strictest GPU asks of a buffer's offset.
  static final long ALIGNMENT = 256;

  record Entry(Spec spec, long offset) {
    long end() { return Math.addExact(offset, spec.bytes()); }
  }

  WeightTable { entries = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(entries)); }

  /// Places for the weights of plans.
  static WeightTable of(Iterable<PlacedGraph> plans) {
    SequencedMap<String, Entry> entries = new LinkedHashMap<>();
    long at = 0;
    for (PlacedGraph plan : plans) {
      at = padded(at, SECTION);
      for (Value value : plan.graph().values()) {
        if (!(value instanceof Value.Weight weight)) continue;
        at = padded(at, ALIGNMENT);
        if (entries.putIfAbsent(weight.name(), new Entry(weight.spec(), at)) != null)
          throw new IllegalArgumentException("bundle: weight " + weight.name() + ": in two plans");
        at += weight.spec().bytes();
      }
    }
    return new WeightTable(entries, padded(at, SECTION));
  }

  private static long padded(long at, long alignment) { return Math.addExact(at, alignment - 1) & -alignment; }

  Optional<Spec> spec(String name) { return Optional.ofNullable(entries.get(name)).map(Entry::spec); }

  Json.Obj write() {
    List<Json> tensors = new ArrayList<>();
    entries.forEach((name, entry) -> tensors.add(OpForm.spec(entry.spec(), Json.object().with("name", name)).with("offset", entry
        .offset())));
    return Json.object().with("bytes", bytes).with("tensors", new Json.Arr(tensors));
  }

  /// @param source the file, for messages
  /// @param size of the file of weights that is there
  static WeightTable read(Fields in, String source, long size) throws IOException {
    long bytes = in.integer("bytes");
    if (bytes != size)
      throw new ModelFormatException(Reason.DATA_TRUNCATED, source, "weights.bin has " + size + " bytes; needs " + bytes);
    SequencedMap<String, Entry> entries = new LinkedHashMap<>();
    for (Fields tensor : in.objects("tensors")) {
      String name = tensor.string("name");
      Entry entry = entry(tensor, size);
      tensor.refuseUnknown();
      if (entries.putIfAbsent(name, entry) != null)
        throw new ModelFormatException(Reason.NAME_TWICE, source, name + ": given twice");
    }
    apart(entries, source);
    return new WeightTable(entries, bytes);
  }

  private static Entry entry(Fields in, long size) throws IOException {
    try {
      Entry entry = new Entry(OpForm.spec(in), in.integer("offset"));
      boolean inside = entry.offset() >= 0 && entry.offset() % ALIGNMENT == 0 && entry.end() <= size;
      if (!inside)
        throw in.refuse("offset", entry.spec() + " at " + entry.offset() + " of " + size + "; needs a multiple of "
            + ALIGNMENT + " inside");
      return entry;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw in.refuse("shape", String.valueOf(e.getMessage()));
    }
  }

  private static void apart(Map<String, Entry> entries, String source) throws ModelFormatException {
    List<Map.Entry<String, Entry>> sorted = entries.entrySet().stream().sorted(Comparator.comparingLong(named -> named.getValue()
        .offset())).toList();
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i).getValue().offset() < sorted.get(i - 1).getValue().end())
        throw new ModelFormatException(Reason.OVERLAP, source, sorted.get(i).getKey() + ": overlaps " + sorted.get(i - 1)
            .getKey());
    }
  }
}
