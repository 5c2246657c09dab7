package dev.raiju.bench.gpu;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A process that does units of one part: a device that was lost in one unit is lost for the whole process.
///
/// It is started as `PART UNTIL HOME UNITS… -- SETTINGS…`, and says on standard output, a line each, which unit it begins and what came
/// of it; everything else is for people.
final class Worker {
  /// What its lines begin with.
  static final String MARK = "@raiju ";
  /// What it ends with when the device no longer computes.
  static final int LOST = 3;

  private Worker() {}

  public static void main(String[] typed) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    List<String> words = List.of(typed);
    int end = words.lastIndexOf("--");
    Settings settings = Settings.parse(words.subList(end + 1, words.size()));
    long until = Long.parseLong(words.get(1));
    List<String> units = words.subList(3, end);
    try (Works works = new Works(settings, Path.of(words.get(2)), until)) {
      Part.Work work = works.of(words.get(0));
      for (String unit : units) {
        if (System.currentTimeMillis() > until) return;
        answers.println(MARK + Json.object().with("begin", unit).compact());
        Json.Obj facts = facts(work, unit);
        answers.println(MARK + Json.object().with("unit", unit).with("facts", facts).compact());
        if (failed(facts) && !works.computes()) System.exit(LOST);
      }
    }
  }

  private static boolean failed(Json.Obj facts) { return Json.of("failed").equals(facts.members().get("outcome")); }

  private static Json.Obj facts(Part.Work work, String unit) {
    long begun = System.nanoTime();
    Json.Obj facts;
    try {
      facts = work.of(unit);
    } catch (Exception | AssertionError | OutOfMemoryError | StackOverflowError e) {
      e.printStackTrace();
      facts = Part.outcome("failed").with("problem", String.valueOf(e));
    }
    return facts.with("seconds", (System.nanoTime() - begun) / 1_000_000 / 1e3);
  }

  /// What processes can do, over one device.
  private static final class Works implements AutoCloseable {
    private final Settings settings;
    private final Path home;
    private final long until;
    private final Device device;
    private @Nullable AutoCloseable open;

    Works(Settings settings, Path home, long until) {
      this.settings = settings;
      this.home = home;
      this.until = until;
      this.device = Device.named(settings.device());
    }

    Part.Work of(String part) throws Exception {
      return switch (part) {
        case Part.DEVICE -> unit -> DeviceReport.of(device, settings);
        case Part.GOLDENS -> unit -> Goldens.check(home.resolve("goldens").resolve(unit), device);
        case Part.CONFORMANCE -> keep(new TableRows(device.backend(), 1))::check;
        case Part.SANITIZER -> keep(new TableRows(device.backend(), 0))::check;
        case Part.DEEPER -> keep(new TableRows(device.backend(), 40))::check;
        case Part.TIMES -> keep(new Times(device, settings, home))::take;
        case Part.TRAINING -> unit -> Learning.run(settings.chain(home), settings.out().resolve("training"), device, until);
        default -> throw new IllegalArgumentException("worker: no part called " + part);
      };
    }

    private <T extends AutoCloseable> T keep(T resource) {
      open = resource;
      return resource;
    }

    /// Whether the device still gives right answers.
    boolean computes() {
      try {
        return DeviceReport.sum(device) == DeviceReport.SUM;
      } catch (RuntimeException e) {
        return false;
      }
    }

    @Override
    public void close() throws Exception {
      if (open != null) open.close();
    }
  }
}
