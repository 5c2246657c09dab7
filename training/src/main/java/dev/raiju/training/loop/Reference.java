package dev.raiju.training.loop;

import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/// The curves of a run that went well, to see beside those of a new one what is normal.
///
/// @param columns for each metric its values at some of the steps
public record Reference(Map<String, NavigableMap<Long, Double>> columns) {
  /// Nothing to compare with.
  public static final Reference NONE = new Reference(Map.of());

  /// Reads what [History#csv] wrote.
  ///
  /// @throws ModelFormatException if it is something else
  public static Reference read(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    if (lines.isEmpty()) throw refusal(csv, "nothing; needs a line of names");
    String[] names = lines.getFirst().split(",", -1);
    Map<String, NavigableMap<Long, Double>> columns = new LinkedHashMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      if (cells.length != names.length) throw refusal(csv, cells.length + " columns; needs " + names.length);
      try {
        long step = Long.parseLong(cells[0]);
        for (int i = 1; i < names.length; i++) {
          columns.computeIfAbsent(names[i], _ -> new TreeMap<>()).put(step, Double.valueOf(cells[i]));
        }
      } catch (NumberFormatException e) {
        throw refusal(csv, "a cell that is no number: " + e.getMessage());
      }
    }
    return new Reference(columns);
  }

  private static ModelFormatException refusal(Path csv, String problem) {
    return new ModelFormatException(Reason.FIELD_RANGE, csv.toString(), "a line has " + problem);
  }

  /// The values of a metric by step; none if it was not measured.
  NavigableMap<Long, Double> column(String name) { return columns.getOrDefault(name, new TreeMap<>()); }
}
