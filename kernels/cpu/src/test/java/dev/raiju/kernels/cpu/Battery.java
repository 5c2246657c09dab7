package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.NormBackward;
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Rope;
import dev.raiju.tensor.op.ScatterAdd;
import dev.raiju.tensor.op.Softmax;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.CRC32;

/// Checksums of many results. They must be the same on every provider, vector width and number of threads. As a program it
/// prints them, for runs under other flags.
final class Battery {
  // enough for several parts and for the compiler to take over, not a multiple of anything
  private static final int ROWS = 37;
  private static final int COLUMNS = 1031;

  private final Device device;
  private final Map<String, Long> sums = new LinkedHashMap<>();

  private Battery(Device device) { this.device = device; }

  /// Prints what runs and a line for each checksum.
  public static void main(String[] arguments) {
    CpuBackend backend = new CpuBackend(Integer.parseInt(arguments[0]));
    System.out.println(backend.describe());
    checksums(Device.of(backend)).forEach((name, sum) -> System.out.println(name + "=" + sum));
  }

  static Map<String, Long> checksums(Device device) {
    Battery battery = new Battery(device);
    for (int round = 0; round < 3; round++) {
      try (Scope scope = Scope.open()) {
        battery.elementwise();
        battery.rows();
        battery.spatial();
        battery.others();
      }
    }
    return battery.sums;
  }

  private void sum(String name, Tensor result) {
    CRC32 crc = new CRC32();
    crc.update(result.toBytes());
    Long before = sums.put(name, crc.getValue());
    if (before != null && before != crc.getValue()) throw new AssertionError(name + ": two runs differ");
  }

  private void sum(String name, Supplier<List<Tensor>> results) {
    int i = 0;
    for (Tensor result : results.get()) sum(name + " " + i++, result);
  }

  private Tensor random(long stream, long... sizes) {
    float[] values = new float[(int) dev.raiju.tensor.Shape.of(sizes).elements()];
    Rng rng = Rng.of(11).stream(stream);
    for (int i = 0; i < values.length; i++) values[i] = 3 * rng.nextNormal();
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(values), device);
  }

  private void elementwise() {
    Tensor a = random(1, ROWS, COLUMNS);
    Tensor b = random(2, ROWS, COLUMNS);
    Tensor row = random(3, COLUMNS);
    for (UnaryFunction f : UnaryFunction.values()) {
      boolean isSlow = f == UnaryFunction.SIN || f == UnaryFunction.COS || f == UnaryFunction.ERF;
      Tensor x = f == UnaryFunction.LOG || f == UnaryFunction.SQRT ? a.abs() : isSlow ? row : a;
      if (f != UnaryFunction.NOT) sum(f.name(), Elementwise.elementwise("f", Expr.in(0).apply(f), x));
    }
    sum("gelu", Elementwise.geluTanh(a));
    sum("silu", Elementwise.silu(a));
    sum("sigmoid", Elementwise.sigmoid(a));
    sum("softplus", Elementwise.softplus(a));
    sum("modulate", ModulatedLayerNorm.modulate(a, row, row));
    sum("mixed", a.mul(b).sub(row).div(b.abs().add(1)).min(a).max(b));
    sum("where", Elementwise.where(a.less(b), a, row));
    sum("transposed", a.add(b.transpose().copy().transpose()));
    sum("narrow", a.to(DType.BF16).mul(b.to(DType.BF16)));
    sum("half", a.to(DType.F16).add(b.to(DType.F16)).exp());
  }

  private void rows() {
    Tensor x = random(4, ROWS, COLUMNS);
    Tensor w = random(5, COLUMNS);
    sum("sum", x.sum());
    sum("sum of rows", x.sum(1));
    sum("sum of columns", x.sum(0));
    sum("narrow columns", random(6, 3, 4001, 3).sum(1));
    sum("max", x.max(1));
    sum("min", x.min(0));
    sum("softmax", Softmax.softmax(x, 1));
    sum("log sum exp", LogSumExp.logSumExp(x, false, 1));
    sum("layer norm", LayerNorm.layerNorm(x, w, w, 1e-5f));
    sum("modulated", ModulatedLayerNorm.modulatedLayerNorm(x, w, w, 1e-5f));
    sum("rms norm", RmsNorm.rmsNorm(x.to(DType.F16), w.to(DType.F16), 1e-5f));
    List<Tensor> norm = Trace.applyAll(new LayerNorm(1e-5f, true), x);
    sum("norm", () -> norm);
    sum("norm backward", Trace.apply(new LayerNormBackward(), x, norm.get(1), norm.get(2), x.square()));
    sum("weighted norm backward", () -> Trace.applyAll(new NormBackward(true), x, norm.get(1), norm.get(2), w, x.square()));
    sum("running sum", CumulativeSum.cumulativeSum(x, 1));
  }

  private void spatial() {
    Tensor x = random(7, 2, 12, 31, 53);
    Tensor channelsLast = x.permute(0, 2, 3, 1).copy().permute(0, 3, 1, 2);
    Tensor w = random(8, 12);
    for (Tensor laid : List.of(x, channelsLast)) {
      String name = laid == x ? " planar" : " interleaved";
      sum("group norm" + name, GroupNorm.groupNorm(laid, 3, w, w, 1e-5f));
      sum("channel norm" + name, ChannelNorm.channelNorm(laid, w));
      sum("channel sums" + name, laid.sum(0, 2, 3));
      sum("places" + name, laid.sum(1));
    }
    Tensor q = random(9, 2, 67, 3, 38);
    sum("rope", Rope.rope(q, random(10, 67, 19), random(11, 67, 19)));
  }

  private void others() {
    sum("normal", Rng.of(5).seek(3).normal(device, 40_001));
    sum("uniform", Rng.of(6).seek(1).uniform(device, 40_001));
    Tensor p = random(12, 50_001);
    Tensor m = random(13, 50_001).mul(0.1);
    Tensor v = random(14, 50_001).square();
    Tensor schedule = Tensor.of(Spec.of(DType.F32, 4), MemorySegment.ofArray(new float[] {1e-2f, 0.5f, 0.25f, 0.9f}), device);
    new AdamW(0.9, 0.99, 1e-8, 0.1).step(p, m, v, random(15, 50_001), schedule);
    sum("adamw", () -> List.of(p, m, v));
    Tensor packed = Quantize.quantize(random(16, 100, 192), DType.Q4_G64);
    sum("quantize", packed);
    sum("dequantize", Dequantize.dequantize(packed, DType.F32));
    Tensor places = Tensor.of(Spec.of(DType.I64, 5), MemorySegment.ofArray(new long[] {3, 0, 3, 3, 1}), device);
    sum("scatter add", ScatterAdd.scatterAdd(random(17, 5, COLUMNS), 0, 4, places));
  }
}
