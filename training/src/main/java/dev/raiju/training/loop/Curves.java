package dev.raiju.training.loop;

import java.util.Locale;

/// The numbers of a run as charts in SVG, one each: raw values behind their running mean.
final class Curves {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 200;
  /// Points of a line; more cannot be told apart.
  private static final int POINTS = 720;
  private static final double SMOOTHING = 0.02;

  private Curves() {}

  /// What the charts look like, for the head of a page.
  static final String STYLE = "svg{background:#fafafa;border:1px solid #ccc}text{font-size:11px}"
      + ".raw{fill:none;stroke:#9cc;stroke-width:.6}.mean{fill:none;stroke:#036;stroke-width:1.5}";

  static String svg(History history) {
    StringBuilder page = new StringBuilder();
    for (String name : history.names()) chart(page, name, history.column(name));
    return page.toString();
  }

  private static void chart(StringBuilder page, String name, double[] values) {
    double[] means = means(values);
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double mean : means) {
      if (!Double.isFinite(mean)) continue;
      low = Math.min(low, mean);
      high = Math.max(high, mean);
    }
    if (!(low <= high)) return;
    double room = high > low ? (high - low) * 0.1 : Math.max(Math.abs(high), 1) * 0.1;
    low -= room;
    high += room;
    page.append(String.format(Locale.ROOT, "<h2>%s</h2><svg width=\"%d\" height=\"%d\">", name, WIDTH, HEIGHT));
    line(page, "raw", values, low, high);
    line(page, "mean", means, low, high);
    page.append(String.format(Locale.ROOT, "<text x=\"4\" y=\"12\">%.4g</text><text x=\"4\" y=\"%d\">%.4g</text></svg>%n", high,
        HEIGHT - 4, low));
  }

  private static double[] means(double[] values) {
    double[] means = new double[values.length];
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < values.length; i++) {
      if (Double.isFinite(values[i])) {
        sum = sum * (1 - SMOOTHING) + values[i] * SMOOTHING;
        weight = weight * (1 - SMOOTHING) + SMOOTHING;
      }
      means[i] = weight == 0 ? Double.NaN : sum / weight;
    }
    return means;
  }

  private static void line(StringBuilder page, String kind, double[] values, double low, double high) {
    page.append("<polyline class=\"").append(kind).append("\" points=\"");
    int every = Math.max(1, values.length / POINTS);
    for (int i = 0; i < values.length; i += every) {
      if (!Double.isFinite(values[i])) continue;
      double x = WIDTH * (double) i / Math.max(1, values.length - 1);
      double y = HEIGHT * (1 - (Math.clamp(values[i], low, high) - low) / (high - low));
      page.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
    }
    page.append("\"/>");
  }
}
