package dev.raiju.training.loop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// How a run went, as one HTML page that needs nothing else: numbers, charts, and pictures of what the model made by and by.
final class Report {
  /// Pictures on a page; more make it slow and show little more.
  private static final int PICTURES = 8;

  private Report() {}

  /// @param normal curves of a run that went well
  /// @param samples PNG files in the order of their steps
  static String html(String title, History history, Reference normal, List<Path> samples) throws IOException {
    StringBuilder page = new StringBuilder("""
        <!doctype html><meta charset="utf-8"><title>%1$s</title>
        <style>body{font:14px sans-serif;margin:2em}td,th{text-align:right;padding:0 1em}%2$s</style>
        <h1>%1$s</h1><p>%3$d steps</p>
        """.formatted(title, Curves.STYLE, history.steps()));
    table(page, history);
    if (!normal.columns().isEmpty()) page.append("<p>Dashed: the running mean of a run that went well.</p>\n");
    page.append(Curves.svg(history, normal));
    for (Path sample : spread(samples)) {
      String png = Base64.getEncoder().encodeToString(Files.readAllBytes(sample));
      page.append("<h2>").append(sample.getFileName()).append("</h2><img alt=\"\" src=\"data:image/png;base64,").append(png)
          .append(
              "\">\n");
    }
    return page.toString();
  }

  private static void table(StringBuilder page, History history) {
    page.append("<table><tr><th><th>first<th>half-way<th>last\n");
    for (String name : history.names()) {
      double[] values = history.column(name);
      page.append("<tr><th>").append(name);
      for (int at : new int[] {0, values.length / 2, values.length - 1}) {
        page.append("<td>").append(Double.isFinite(values[at]) ? String.format(Locale.ROOT, "%.4g", values[at]) : "");
      }
    }
    page.append("</table>\n");
  }

  /// The last, and those before it at even distances.
  private static List<Path> spread(List<Path> samples) {
    int count = Math.min(PICTURES, samples.size());
    return IntStream.rangeClosed(1, count).mapToObj(i -> samples.get((int) ((long) samples.size() * i / count) - 1)).toList();
  }
}
