package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.lang.foreign.MemorySegment;

/// What the blocks and the head learn of the timestep.
///
/// @param up from the sinusoid to D
/// @param down from D to D: the time embedding
/// @param projection from D to 6 D: the modulation of the blocks
public record TimeEmbedding(LinearLayer up, LinearLayer down, LinearLayer projection) implements Module<TimeEmbedding> {
  private static final double LONGEST_PERIOD = 10000;
  // whole timesteps have 10 bits: with factors of 13 bits their products are exact in f32
  private static final double PIECE = 1 << 13;
  private static final Expr TURNS = turns();

  /// The modulation begins at zero for every timestep, so that the gates of a new model are its blocks' own: one.
  static TimeEmbedding create(Initializer init, WanConfig config) {
    LinearLayer up = LinearLayer.create(init, config.freqDim(), config.dim());
    LinearLayer down = LinearLayer.create(init, config.dim(), config.dim());
    return new TimeEmbedding(up, down, LinearLayer.zero(init, config.dim(), 6L * config.dim()));
  }

  /// `[cos(t · f) | sin(t · f)]` with frequencies `f[i] = 10000^(-2i / width)`, to 1e-6 for timesteps up to 1024: angles are
  /// reduced to a turn in exact pieces, since f32 would lose the last digits of a large one.
  ///
  /// @param timestep `[B]`, 0 to 1000, whole or not
  /// @return `[B, width]`
  public Tensor sinusoid(Tensor timestep) {
    if (timestep.rank() != 1) throw new ShapeException("wan: timestep %s; needs [B]", timestep.shape());
    try (Scope scope = Scope.open()) {
      int half = Math.toIntExact(up.weight().size(1)) / 2;
      double[] coarse = new double[half];
      double[] fine = new double[half];
      double[] rest = new double[half];
      double[] whole = new double[half];
      for (int i = 0; i < half; i++) {
        whole[i] = StrictMath.pow(LONGEST_PERIOD, -(double) i / half) / (2 * Math.PI);
        coarse[i] = Math.rint(whole[i] * PIECE) / PIECE;
        fine[i] = Math.rint((whole[i] - coarse[i]) * PIECE * PIECE) / PIECE / PIECE;
        rest[i] = whole[i] - coarse[i] - fine[i];
      }
      Tensor[] in = {timestep.unsqueeze(1), constant(coarse, timestep), constant(fine, timestep), constant(rest, timestep),
        constant(whole, timestep)};
      Expr angle = TURNS.mul(2 * Math.PI);
      Tensor cos = Elementwise.elementwise("time_cos", angle.apply(UnaryFunction.COS), in);
      Tensor sin = Elementwise.elementwise("time_sin", angle.apply(UnaryFunction.SIN), in);
      return scope.keep(Tensor.concat(1, cos, sin));
    }
  }

  /// The angle in turns, less whole turns: the whole part of the timestep times the pieces of the frequency, then its fraction.
  private static Expr turns() {
    Expr t = Expr.in(0);
    Expr steps = t.apply(UnaryFunction.FLOOR);
    Expr most = steps.mul(Expr.in(1));
    Expr left = most.sub(most.apply(UnaryFunction.ROUND));
    return left.add(steps.mul(Expr.in(2)).add(steps.mul(Expr.in(3)).add(t.sub(steps).mul(Expr.in(4)))));
  }

  private static Tensor constant(double[] values, Tensor like) {
    if (like.dtype() == DType.F64)
      return Tensor.of(Spec.of(DType.F64, values.length), MemorySegment.ofArray(values), like.device());
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) narrow[i] = (float) values[i];
    return Tensor.of(Spec.of(DType.F32, narrow.length), MemorySegment.ofArray(narrow), like.device());
  }

  /// The time embedding, which the head reads.
  ///
  /// @param sinusoid `[B, width]`
  /// @return `[B, D]`
  public Tensor embed(Tensor sinusoid) {
    try (Scope scope = Scope.open()) {
      return scope.keep(down.forward(Elementwise.silu(up.forward(sinusoid))));
    }
  }

  /// The modulation that all blocks share, before each adds its own.
  ///
  /// @param embedding `[B, D]`
  /// @return `[B, 6, D]`
  public Tensor project(Tensor embedding) {
    try (Scope scope = Scope.open()) {
      return scope.keep(projection.forward(Elementwise.silu(embedding)).reshape(embedding.size(0), 6, embedding.size(1)));
    }
  }

  @Override
  public TimeEmbedding map(ParameterMap p) {
    return new TimeEmbedding(p.module("up", up), p.module("down", down), p.module("projection", projection));
  }
}
