package dev.raiju.training.loop;

import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.stream.LongStream;

/// The numbers of a run as charts in SVG, one each: raw values behind their running mean, and the running mean of a run that went well.
final class Curves {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 200;
  /// Points of a line; more cannot be told apart.
  private static final int POINTS = 720;
  private static final double SMOOTHING = 0.02;

  private Curves() {}

  /// What the charts look like, for the head of a page.
  static final String STYLE = "svg{background:#fafafa;border:1px solid #ccc}text{font-size:11px}"
      + ".raw{fill:none;stroke:#9cc;stroke-width:.6}.mean{fill:none;stroke:#036;stroke-width:1.5}"
      + ".normal{fill:none;stroke:#c60;stroke-width:1.2;stroke-dasharray:5 3}";

  static String svg(History history, Reference normal) {
    StringBuilder page = new StringBuilder();
    for (String name : history.names())
      chart(page, name, history.column(name), normal.column(name).headMap((long) history
          .steps(), true));
    return page.toString();
  }

  /// @param normal by step, as far as the run has come
  private static void chart(StringBuilder page, String name, double[] values, NavigableMap<Long, Double> normal) {
    double[] means = means(values, steps(values.length));
    double[] wanted = means(normal.values().stream().mapToDouble(x -> x).toArray(), normal.keySet().stream().mapToLong(x -> x)
        .toArray());
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double[] line : List.of(means, wanted)) {
      for (double mean : line) {
        if (!Double.isFinite(mean)) continue;
        low = Math.min(low, mean);
        high = Math.max(high, mean);
      }
    }
    if (!(low <= high)) return;
    double room = high > low ? (high - low) * 0.1 : Math.max(Math.abs(high), 1) * 0.1;
    low -= room;
    high += room;
    page.append(String.format(Locale.ROOT, "<h2>%s</h2><svg width=\"%d\" height=\"%d\">", name, WIDTH, HEIGHT));
    Scale scale = new Scale(low, high, values.length);
    line(page, "raw", values, steps(values.length), scale);
    line(page, "mean", means, steps(values.length), scale);
    if (!normal.isEmpty()) line(page, "normal", wanted, normal.keySet().stream().mapToLong(x -> x).toArray(), scale);
    page.append(String.format(Locale.ROOT, "<text x=\"4\" y=\"12\">%.4g</text><text x=\"4\" y=\"%d\">%.4g</text></svg>%n", high,
        HEIGHT - 4, low));
  }

  private static long[] steps(int count) { return LongStream.rangeClosed(1, count).toArray(); }

  /// @param steps of the values, rising: the mean forgets by the step, however many of them were measured
  private static double[] means(double[] values, long[] steps) {
    double[] means = new double[values.length];
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < values.length; i++) {
      if (Double.isFinite(values[i])) {
        double kept = Math.pow(1 - SMOOTHING, i == 0 ? 1 : steps[i] - steps[i - 1]);
        sum = sum * kept + values[i] * (1 - kept);
        weight = weight * kept + 1 - kept;
      }
      means[i] = weight == 0 ? Double.NaN : sum / weight;
    }
    return means;
  }

  /// Where a value of a step is in a chart.
  private record Scale(double low, double high, int steps) {
    double x(long step) { return WIDTH * (double) (step - 1) / Math.max(1, steps - 1); }

    double y(double value) { return HEIGHT * (1 - (Math.clamp(value, low, high) - low) / (high - low)); }
  }

  private static void line(StringBuilder page, String kind, double[] values, long[] steps, Scale scale) {
    page.append("<polyline class=\"").append(kind).append("\" points=\"");
    int every = Math.max(1, values.length / POINTS);
    for (int i = 0; i < values.length; i += every) {
      if (!Double.isFinite(values[i])) continue;
      page.append(String.format(Locale.ROOT, "%.1f,%.1f ", scale.x(steps[i]), scale.y(values[i])));
    }
    page.append("\"/>");
  }
}
