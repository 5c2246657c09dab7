package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Shows how far the work is, and measures how long each stage takes.
///
/// On a terminal one line is rewritten several times a second, from the beginning on; elsewhere a line is printed after the first
/// second and then once in ten.
final class Meter implements Progress, AutoCloseable {
  private static final int REDRAW_MILLIS = 200;
  private static final double FIRST_LINE = 1;
  private static final double BETWEEN_LINES = 10;

  /// The rate is that of the last third of a stage's time, and of three seconds at least.
  private static final double MEMORY = 1.0 / 3;
  private static final double LEAST_MEMORY = 3;

  private final Console console;
  private final LongSupplier nanos;
  private final ScheduledExecutorService redraw;
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private final Deque<Point> points = new ArrayDeque<>();
  private String label = "";
  private String stage = "";
  private double share;
  private long begun;
  private double nextLine = FIRST_LINE;
  private Optional<StageUse> use = Optional.empty();

  /// How far a stage was, and when.
  private record Point(double seconds, double share) {}

  /// Shows on `console` by the clock of the system.
  static Meter on(Console console) {
    Meter meter = new Meter(console, System::nanoTime);
    if (console.isTerminal()) {
      meter.redraw.scheduleAtFixedRate(meter::draw, REDRAW_MILLIS, REDRAW_MILLIS, TimeUnit.MILLISECONDS);
    }
    return meter;
  }

  /// @param nanos the clock
  Meter(Console console, LongSupplier nanos) {
    this.console = console;
    this.nanos = nanos;
    this.redraw = Executors.newSingleThreadScheduledExecutor(work -> {
      Thread thread = new Thread(work, "raiju-meter");
      thread.setDaemon(true);
      return thread;
    });
  }

  /// From the next stage on, what each takes is noted in `use` too.
  synchronized Meter noting(StageUse use) {
    this.use = Optional.of(use);
    return this;
  }

  /// Begins to measure anew.
  ///
  /// @param clip what is put before every line, such as `clip 2 of 5`; may be empty
  synchronized void restart(String clip) {
    finish();
    seconds.clear();
    label = clip.isEmpty() ? "" : clip + ": ";
  }

  /// Begins a stage and ends the one before.
  synchronized void begin(String name) {
    finish();
    stage = name;
    share = 0;
    begun = nanos.getAsLong();
    points.clear();
    points.add(new Point(0, 0));
    nextLine = FIRST_LINE;
    use.ifPresent(StageUse::begin);
    draw();
  }

  /// Ends the last stage.
  synchronized void finish() {
    if (!stage.isEmpty()) {
      seconds.merge(stage, elapsed(), Double::sum);
      String ended = stage;
      use.ifPresent(u -> u.end(ended));
    }
    stage = "";
  }

  private double elapsed() { return (nanos.getAsLong() - begun) / 1e9; }

  @Override
  public synchronized void report(Part part) {
    String name = name(part.stage());
    if (!name.equals(stage)) begin(name);
    share = part.share();
    note(new Point(elapsed(), share));
    if (console.isTerminal()) {
      // drawn by the clock, since parts may be many
      return;
    }
    if (elapsed() >= nextLine) {
      console.note("raiju: " + line());
      nextLine = elapsed() + BETWEEN_LINES;
    }
  }

  /// This meter, with the clip of every step written to a file.
  Progress showing(Optional<Path> preview) {
    return preview.isEmpty() ? this : previewing((_, clip) -> show(clip, preview.get()));
  }

  private static void show(Clip clip, Path file) {
    try {
      clip.save(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What users call a stage.
  static String name(Stage stage) {
    return switch (stage) {
      case LOAD -> "load";
      case ENCODE -> "text";
      case DENOISE -> "denoise";
      case DECODE -> "decode";
    };
  }

  private synchronized void draw() {
    if (!stage.isEmpty()) console.meter(line());
  }

  /// The line to show now: `clip 2 of 5: denoise 37 %, 1.2 s, 2.0 s left`.
  synchronized String line() {
    double spent = elapsed();
    StringBuilder line = new StringBuilder(label).append(stage);
    if (share > 0) line.append(String.format(Locale.ROOT, " %d %%", (int) (100 * share)));
    line.append(", ").append(Units.seconds(spent));
    if (share > 0 && share < 1) line.append(", ").append(Units.seconds(left())).append(" left");
    return line.toString();
  }

  /// Remembers how far the stage is, and forgets what is long ago.
  private void note(Point point) {
    double oldest = point.seconds() - Math.max(LEAST_MEMORY, point.seconds() * MEMORY);
    while (points.size() > 1 && points.getFirst().seconds() < oldest) points.removeFirst();
    points.add(point);
  }

  /// Seconds until the stage ends at the rate of late: the first steps in a new process are slow.
  private double left() {
    Point since = points.getFirst();
    double gained = share - since.share();
    return gained > 0 ? (1 - share) * (elapsed() - since.seconds()) / gained : (1 - share) * elapsed() / share;
  }

  /// What each stage took, in one line: `seconds: load 0.41, text 0.02, denoise 1.30`.
  synchronized String summary() {
    StringBuilder line = new StringBuilder("seconds:");
    String comma = " ";
    for (var entry : seconds.entrySet()) {
      line.append(comma).append(entry.getKey()).append(String.format(Locale.ROOT, " %.2f", entry.getValue()));
      comma = ", ";
    }
    return line.toString();
  }

  @Override
  public synchronized void close() {
    stage = "";
    redraw.shutdownNow();
  }
}
