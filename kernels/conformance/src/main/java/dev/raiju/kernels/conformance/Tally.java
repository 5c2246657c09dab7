package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.tensor.DType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/// What ran on a backend: how many cases of each aspect, what could not run, and which rows have kernels.
final class Tally {
  private final Map<Aspect, Long> cases = new EnumMap<>(Aspect.class);
  private final Map<String, Map<DType, Support.Own>> kernels = new LinkedHashMap<>();
  private final TreeSet<String> absent = new TreeSet<>();
  private final TreeSet<String> skipped = new TreeSet<>();
  private final Map<String, Long> nanos = new LinkedHashMap<>();

  void count(Aspect aspect) { cases.merge(aspect, 1L, Long::sum); }

  /// A row that cannot be computed at all in a type, and need not.
  void absent(OpCase row, DType type) { absent.add(row.name() + " " + type); }

  void skip(String reason) { skipped.add(reason); }

  void kernels(OpCase row, DType type, Support.Own own) {
    kernels.computeIfAbsent(row.name(), _ -> new LinkedHashMap<>()).put(type, own);
  }

  void spent(OpCase row, long time) { nanos.merge(row.name(), time, Long::sum); }

  long total() { return cases.values().stream().mapToLong(Long::longValue).sum(); }

  long of(Aspect aspect) { return cases.getOrDefault(aspect, 0L); }

  /// The counts in a few lines.
  String summary(String backend) {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "conformance: %s: %,d cases", backend, total()));
    cases.forEach((aspect, count) -> text.append(String.format(Locale.ROOT, ", %s %,d", aspect.label(), count)));
    if (!absent.isEmpty()) text.append("\n  no kernel and no definition: ").append(absent.size()).append(" of row and type");
    for (String reason : skipped) text.append("\n  skipped: ").append(reason);
    return text.toString();
  }

  /// Which rows have kernels of the backend's own: a line each, `*` always, `+` for some cases, `-` never.
  String table() {
    StringBuilder text = new StringBuilder();
    kernels.forEach((row, types) -> {
      text.append(String.format(Locale.ROOT, "  %-32s", row));
      types.forEach((type, own) -> text.append(' ').append(switch (own) {
        case ALWAYS -> '*';
        case SOMETIMES -> '+';
        case NEVER -> '-';
      }).append(type));
      text.append('\n');
    });
    return text.toString();
  }

  /// The rows that took longest.
  List<String> slowest(int count) {
    List<String> lines = new ArrayList<>();
    nanos.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed()).limit(count).forEach(e -> lines.add(
        String.format(
            Locale.ROOT, "%s %.1f s", e.getKey(), e.getValue() / 1e9)));
    return lines;
  }
}
