package dev.raiju.export.cli;

import java.util.ArrayList;
import java.util.List;

/// Rows of words, set in columns.
final class Table {
  /// A longer word pushes the rest of its row to the right rather than all rows.
  private static final int WIDEST = 60;
  private static final String GAP = "  ";

  private Table() {}

  static List<String> lines(List<List<String>> rows) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        if (row.get(i).length() <= WIDEST) widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i)).repeat(' ', i == row.size() - 1 ? 0 : Math.max(0, widths[i] - row.get(i).length())).append(GAP);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
