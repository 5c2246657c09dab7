package dev.raiju.bench;

import dev.raiju.kernels.conformance.cases.Choices;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.cpu.CpuBackend;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Single kernels: the benchmark of any row of [OpCases].
///
/// ```
/// raiju bench jmh OpBenchmark -p row=softmax,attention -p type=f32 -p threads=1,2
/// ```
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class OpBenchmark {
  /// The name of the row.
  @Param({"matmul", "linear", "feed_forward", "attention", "convolution 2d", "rms_norm", "softmax", "rope", "adamw"})
  public String row = "";

  /// The type of its inputs, one that the row has.
  @Param({"f32"})
  public String type = "";

  /// Threads of the CPU backend.
  @Param({"1"})
  public int threads;

  private List<Tensor> inputs = List.of();
  private Function<List<Tensor>, List<Tensor>> op = in -> in;

  public OpBenchmark() {}

  @Setup
  public void draw() {
    OpCase found = OpCases.named(row).orElseThrow(() -> new IllegalArgumentException("row: no such row: " + row + "; there are "
        + String.join(", ", OpCases.all().stream().map(OpCase::name).toList())));
    DType wanted = DType.parse(type);
    if (!found.types().contains(wanted))
      throw new IllegalArgumentException("type: " + row + " is not run in " + wanted + "; it has " + found.types());
    Device device = Device.of(new CpuBackend(threads));
    Sample sample = found.benchmark().sample(Choices.of(Rng.of(1)), wanted);
    inputs = sample.inputs().stream().map(value -> value.on(device)).toList();
    op = sample.op();
  }

  @Benchmark
  public List<Tensor> apply() {
    try (Scope scope = Scope.open()) {
      return op.apply(inputs);
    }
  }

  @TearDown
  public void close() { inputs.forEach(Tensor::close); }
}
