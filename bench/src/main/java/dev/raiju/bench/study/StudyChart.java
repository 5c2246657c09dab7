package dev.raiju.bench.study;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;

/// Losses over steps as a chart in SVG: a line for each arm, losses on a logarithmic scale.
final class StudyChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 420;
  private static final int LEFT = 60;
  private static final int RIGHT = 230;
  private static final int TOP = 16;
  private static final int BOTTOM = 36;
  private static final int LINES = 5;
  /// Colours that people with any eyes can tell apart: Okabe and Ito 2008.
  private static final List<String> COLOURS = List.of("#000000", "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00",
      "#cc79a7", "#999999");

  private StudyChart() {}

  /// An arm's line.
  record Line(String name, SortedMap<Long, Double> points) {}

  /// @param lines those with fewer than two points are left out
  static String svg(List<Line> lines) {
    List<Line> drawn = lines.stream().filter(line -> line.points().size() > 1).toList();
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    long steps = 1;
    for (Line line : drawn) {
      steps = Math.max(steps, line.points().lastKey());
      for (double value : line.points().values()) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    StringBuilder svg = new StringBuilder(String.format(Locale.ROOT,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n"
            + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n", WIDTH, HEIGHT));
    if (!(low <= high)) return svg.append("</svg>\n").toString();
    Axes axes = new Axes(Math.log(low) - 0.02, Math.log(high) + 0.02, steps);
    axes.draw(svg);
    for (int i = 0; i < drawn.size(); i++) {
      String colour = COLOURS.get(i % COLOURS.size());
      String dash = i < COLOURS.size() ? "" : " stroke-dasharray=\"5 3\"";
      svg.append("<polyline fill=\"none\" stroke-width=\"1.6\" stroke=\"").append(colour).append('"').append(dash).append(
          " points=\"");
      drawn.get(i).points().forEach((step, value) -> {
        if (value > 0 && value < Double.POSITIVE_INFINITY)
          svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", axes.x(step), axes.y(value)));
      });
      int y = TOP + 16 * (i + 1);
      int x = WIDTH - RIGHT + 14;
      svg.append(String.format(Locale.ROOT,
          "\"/>%n<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"%s/>"
              + "<text x=\"%d\" y=\"%d\">%s</text>%n", x, y - 4, x + 24, y - 4, colour, dash, x + 30, y, drawn.get(i).name()));
    }
    return svg.append("</svg>\n").toString();
  }

  /// @param low logarithm of the smallest loss
  /// @param high of the largest
  private record Axes(double low, double high, long steps) {
    double x(long step) { return LEFT + (WIDTH - LEFT - RIGHT) * (double) step / steps; }

    double y(double value) { return TOP + (HEIGHT - TOP - BOTTOM) * (high - Math.log(value)) / (high - low); }

    void draw(StringBuilder svg) {
      for (int i = 0; i <= LINES; i++) {
        double value = Math.exp(low + (high - low) * i / LINES);
        svg.append(String.format(Locale.ROOT, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>"
            + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>%n", LEFT, y(value), WIDTH - RIGHT, y(value), LEFT - 6, y(
                value) + 4, value));
        long step = steps * i / LINES;
        svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>%n", x(step), HEIGHT
            - 16, step));
      }
      svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">steps</text>%n", (LEFT + WIDTH
          - RIGHT) / 2, HEIGHT - 3));
    }
  }
}
