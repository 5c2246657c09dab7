package dev.raiju.bench;

import dev.raiju.tensor.io.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Results as columns, for people.
final class LineTable {
  private static final List<String> HEAD = List.of("case", "dtype", "threads", "median ms", "min ms", "cpu ms", "GF/s", "GB/s",
      "error", "");

  private LineTable() {}

  static List<String> of(List<Json.Obj> lines) {
    List<List<String>> rows = new ArrayList<>(List.of(HEAD));
    for (Json.Obj line : lines) {
      if (line.members().containsKey("error")) {
        rows.add(List.of(text(line, "case"), text(line, "dtype"), "", "", "", "", "", "", "", text(line, "error")));
      } else {
        rows.add(List.of(text(line, "case"), text(line, "dtype"), text(line, "threads"), text(line, "median_ms"), text(line,
            "min_ms"), text(line, "cpu_ms"), text(line, "gflops"), text(line, "gbps"), text(line, "relative_error"), line
                .members().containsKey("note") ? text(line, "note") : ""));
      }
    }
    return columns(rows);
  }

  private static String text(Json.Obj line, String field) {
    return switch (line.members().getOrDefault(field, new Json.Null())) {
      case Json.Str(String value) -> value;
      case Json.Int(long value) -> Long.toString(value);
      case Json.Real(double value) -> field.equals("relative_error")
          ? String.format(Locale.ROOT, "%.1e", value)
          : String.format(
              Locale.ROOT, "%.3f", value);
      case Json.Bool(boolean value) -> Boolean.toString(value);
      case Json.Null _ -> "-";
      case Json.Arr _ -> "";
      case Json.Obj _ -> "";
    };
  }

  /// Rows of words, each column as wide as its widest.
  static List<String> columns(List<List<String>> rows) {
    List<String> lines = new ArrayList<>();
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) widths[i] = Math.max(widths[i], row.get(i).length());
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 2);
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
