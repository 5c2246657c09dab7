package dev.raiju.bench;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.util.ArrayList;
import java.util.List;

/// A case that is set up, warm, and being timed.
final class Prepared implements AutoCloseable {
  private static final String CPU = "cpu";
  private static final double NANO = 1e-9;
  private static final double MICRO = 1e-6;
  // processor time, that of the just-in-time compiler included: a training step has many loops to compile
  private static final double WARM_SECONDS = 5;
  private static final int WARM_CALLS = 300;
  // on another device kernels are compiled by its driver, at the first call
  private static final double DEVICE_WARM_SECONDS = 1;

  private final Case which;
  private final Kind kind;
  private final String device;
  private final Task task;
  private final int inner;
  private final List<Sample> samples = new ArrayList<>();

  /// The times of one call, averaged over those of a round.
  ///
  /// @param wall seconds
  /// @param cpu seconds of all threads of the process
  record Sample(double wall, double cpu) {}

  private Prepared(Case which, Kind kind, String device, Task task, int inner) {
    this.which = which;
    this.kind = kind;
    this.device = device;
    this.task = task;
    this.inner = inner;
  }

  /// Sets a case up and warms it.
  ///
  /// @param minSeconds what a round should last, so that short calls are repeated
  static Prepared of(Case which, Kind kind, Device device, double minSeconds) {
    boolean isHere = device.name().equals(CPU);
    double warmSeconds = isHere ? WARM_SECONDS : DEVICE_WARM_SECONDS;
    Task task = which.builder().build(kind, device);
    try {
      double spent = 0;
      double shortest = Double.MAX_VALUE;
      for (int i = 0; i < 2 || spent < warmSeconds && i < WARM_CALLS; i++) {
        Sample sample = timed(task, 1);
        // on a busy machine time passes without anything being compiled; while a device works, the host may sleep
        spent += isHere ? sample.cpu() : sample.wall();
        shortest = Math.min(shortest, sample.wall());
      }
      return new Prepared(which, kind, device.name(), task, Math.max(1, (int) Math.ceil(minSeconds / Math.max(shortest, 1e-7))));
    } catch (RuntimeException | Error e) {
      task.close();
      throw e;
    }
  }

  private static Sample timed(Task task, int calls) {
    long cpu = ProcessClock.micros();
    long begun = System.nanoTime();
    for (int i = 0; i < calls; i++) task.run();
    task.finish();
    long wall = System.nanoTime() - begun;
    return new Sample(wall * NANO / calls, (ProcessClock.micros() - cpu) * MICRO / calls);
  }

  /// Calls in a round.
  int inner() { return inner; }

  /// Takes one round.
  Sample round() {
    Sample sample = timed(task, inner);
    samples.add(sample);
    return sample;
  }

  Task.Accuracy accuracy() { return task.accuracy(); }

  /// The line of a result, in the fields of the peers.
  Json.Obj line(int threads, Task.Accuracy accuracy) {
    Work work = which.work().apply(kind);
    double wall = Numbers.median(samples.stream().map(Sample::wall).toList());
    double best = samples.stream().mapToDouble(Sample::wall).min().orElseThrow();
    double cpu = Numbers.median(samples.stream().map(Sample::cpu).toList());
    Json.Obj line = Json.object().with("case", which.name()).with("dtype", kind.label()).with("threads", threads).with("device",
        device).with("median_ms", Numbers.rounded(wall * 1e3, 4)).with("min_ms", Numbers.rounded(best * 1e3, 4)).with("cpu_ms",
            Numbers.rounded(cpu * 1e3, 4)).with("repeat", samples.size()).with("inner", inner).with("shape", work.shapeJson());
    if (work.flop() > 0) {
      line = line.with("gflops", rate(work.flop(), wall)).with("gflops_best", rate(work.flop(), best)).with("flop", work.flop());
      // what one undisturbed core does
      if (threads == 1) line = line.with("gflops_cpu", rate(work.flop(), cpu));
    }
    if (work.bytes() > 0) line = line.with("gbps", rate(work.bytes(), wall));
    if (work.params().isPresent()) line = line.with("params", work.params().getAsLong());
    if (work.frames().isPresent()) line = line.with("frames", work.frames().getAsLong());
    return with(line, accuracy);
  }

  private static Json.Obj with(Json.Obj line, Task.Accuracy accuracy) {
    Json.Obj all = line.with("relative_error", Numbers.json(accuracy.error()));
    if (!accuracy.shape().isEmpty()) {
      all = all.with("error_shape", new Json.Arr(accuracy.shape().stream().map(Json::of).toList()));
    }
    return accuracy.note().isEmpty() ? all : all.with("note", accuracy.note());
  }

  private static double rate(double amount, double seconds) { return Numbers.rounded(amount / seconds * NANO, 2); }

  @Override
  public void close() { task.close(); }
}
