package dev.raiju.bench;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Rope;
import java.util.List;

/// Norms, rotation and activations: as fast as memory at best.
final class NormCases {
  private static final float EPS = 1e-6f;
  // rows whose error is measured
  private static final long ROWS = 64;
  private static final long[] GRID = {5, 16, 16};
  // the pairs of a head of 128, shared between time, height and width
  private static final int[] PAIRS = {22, 21, 21};
  private static final double THETA = 10000;

  private NormCases() {}

  static List<Case> all() {
    Case rms = of("rmsnorm_1280x1536", in -> RmsNorm.rmsNorm(in.get(0), in.get(1), EPS), List.of(new long[] {1280, 1536},
        new long[] {1536}));
    // beyond the caches of a GPU
    Case large = of("rmsnorm_32760x1536", in -> RmsNorm.rmsNorm(in.get(0), in.get(1), EPS), List.of(new long[] {32760, 1536},
        new long[] {1536}));
    return List.of(rms, rms.named("rmsnorm_fused_1280x1536"),
        of("layernorm_modulate_1280x1536", in -> ModulatedLayerNorm.modulatedLayerNorm(in.get(0), in.get(1), in.get(2), EPS), List
            .of(new long[] {1, 1280, 1536}, new long[] {1, 1, 1536}, new long[] {1, 1, 1536})),
        Case.of("rope3d_1280x12x128", kind -> traffic(kind, 1, 1280, 12, 128), NormCases::rope),
        of("gelu_tanh_1280x8960", in -> Elementwise.geluTanh(in.getFirst()), List.of(new long[] {1280, 8960})),
        large.heavy(true), large.named("rmsnorm_fused_32760x1536").heavy(true),
        of("layernorm_modulate_32760x1536", in -> ModulatedLayerNorm.modulatedLayerNorm(in.get(0), in.get(1), in.get(2), EPS),
            List.of(new long[] {1, 32760, 1536}, new long[] {1, 1, 1536}, new long[] {1, 1, 1536})).heavy(true),
        // what memory gives
        of("copy_256M", in -> in.getFirst().copy(), List.of(new long[] {1 << 14, 1 << 14})).kinds(Kind.F32).heavy(true));
  }

  private interface Formula {
    Tensor of(List<Tensor> in);
  }

  /// A formula over inputs of which the first is the largest and has the shape of the result.
  private static Case of(String name, Formula formula, List<long[]> sizes) {
    return Case.of(name, kind -> traffic(kind, sizes.getFirst()), (kind, device) -> {
      Inputs inputs = new Inputs(device);
      List<Tensor> wide = sizes.stream().map(inputs::normal).toList();
      List<Tensor> in = wide.stream().map(t -> inputs.as(kind, t)).toList();
      int axis = wide.getFirst().rank() - 2;
      return new OpTask(inputs, () -> formula.of(in), () -> {
        // rows do not meet
        List<Tensor> exact = wide.stream().map(t -> Exact.of(t == wide.getFirst() ? Samples.rows(t, axis, ROWS) : t)).toList();
        return Task.Accuracy.of(Exact.error(Samples.rows(formula.of(in), axis, ROWS), formula.of(exact)));
      });
    });
  }

  /// The input read and the result written.
  private static Work traffic(Kind kind, long... shape) {
    long elements = 1;
    for (long size : shape) elements *= size;
    return Work.of(0, kind.bytes() * 2 * elements, shape);
  }

  private static Task rope(Kind kind, Device device) {
    Inputs inputs = new Inputs(device);
    Tensor wide = inputs.normal(1, 1280, 12, 128);
    Tensor x = inputs.as(kind, wide);
    List<Tensor> tables = Rope.tables(GRID, PAIRS, THETA, DType.F32, device).stream().map(inputs::own).toList();
    return new OpTask(inputs, () -> Rope.rope(x, tables.get(0), tables.get(1)), () -> {
      List<Tensor> exact = Rope.tables(GRID, PAIRS, THETA, DType.F64, Exact.DEVICE);
      Tensor ours = Rope.rope(x, tables.get(0), tables.get(1));
      return Task.Accuracy.of(Exact.error(ours, Rope.rope(Exact.of(wide), exact.get(0), exact.get(1))));
    });
  }
}
