package dev.raiju.export.cli;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.AddAlong;
import dev.raiju.tensor.op.ArgMax;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.Cast;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.Concat;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.ConvolutionWeightGradient;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.FeedForwardBackward;
import dev.raiju.tensor.op.Fill;
import dev.raiju.tensor.op.FoldWindows;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.Iota;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.MovingAverage;
import dev.raiju.tensor.op.MuonStep;
import dev.raiju.tensor.op.NormBackward;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.RmsNormBackward;
import dev.raiju.tensor.op.Rope;
import dev.raiju.tensor.op.ScatterAdd;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.SquaredLengths;
import dev.raiju.tensor.op.Sort;
import dev.raiju.tensor.op.TakeAlong;
import dev.raiju.tensor.op.Variance;
import dev.raiju.tensor.op.Window;
import java.util.List;

/// One small call of every op that reaches a backend, to ask for its kernel. Views and moves between devices never do.
final class OpSamples {
  private static final float EPS = 1e-6f;
  private static final Spec INDICES = Spec.of(DType.I32, 4);

  private OpSamples() {}

  /// An op and the kinds of its inputs.
  record Sample(Op op, List<Spec> in) {
    private static Sample of(Op op, Spec... in) { return new Sample(op, List.of(in)); }
  }

  /// The calls in a float type.
  static List<Sample> in(DType type) {
    Spec x = Spec.of(type, 2, 4, 64);
    Spec row = Spec.of(type, 64);
    Spec square = Spec.of(type, 64, 64);
    Spec statistic = Spec.of(DType.F32, 2, 4, 1);
    Spec heads = Spec.of(type, 2, 4, 2, 32);
    Spec perQuery = Spec.of(DType.F32, 2, 2, 4);
    Spec angles = Spec.of(DType.F32, 4, 16);
    Spec image = Spec.of(type, 2, 8, 6, 6);
    Spec channels = Spec.of(type, 8);
    Spec filter = Spec.of(type, 8, 8, 3, 3);
    Spec picture = Spec.of(type, 2, 8, 4, 4);
    Window window = Window.of(2);
    Scores scores = Scores.of(32);
    return List.of(
        Sample.of(new Elementwise("elementwise", Expr.in(0).mul(Expr.in(1))), x, x),
        Sample.of(new Cast(type == DType.F32 ? DType.BF16 : DType.F32), x),
        Sample.of(new Copy(), x),
        Sample.of(new Fill(x, 0)),
        Sample.of(new Iota(type, 8)),
        Sample.of(new RandomDraw(RandomDraw.Distribution.NORMAL, type, x.shape()), Spec.of(DType.I64, 3)),
        Sample.of(new Concat(1), x, x),
        Sample.of(new Pad(1, 1, 1, 0, 0), x),
        Sample.of(new Reduce(Reduce.Kind.SUM, List.of(2), true), x),
        Sample.of(new ArgMax(2, false), x),
        Sample.of(new CumulativeSum(2, false), x),
        Sample.of(new Sort(2, false), x),
        Sample.of(new Gather(1), x, INDICES),
        Sample.of(new ScatterAdd(1, 8), x, INDICES),
        Sample.of(new TakeAlong(1), x, Spec.of(DType.I32, 2, 4, 64)),
        Sample.of(new AddAlong(1, 8), x, Spec.of(DType.I32, 2, 4, 64)),
        Sample.of(new FoldWindows(1, 70, 2), x),
        Sample.of(new MatMul(), x, square),
        Sample.of(new Convolution(window), image, filter),
        Sample.of(new ConvolutionInputGradient(window, image.shape()), picture, filter),
        Sample.of(new ConvolutionWeightGradient(window, filter.shape()), image, picture),
        Sample.of(new Quantize(DType.Q8_G64), x),
        Sample.of(new Dequantize(type), Spec.of(DType.Q8_G64, 2, 64)),
        Sample.of(new Linear(DType.F32), x, square, row),
        Sample.of(new FeedForward(true, DType.F32), x, square, square, square),
        Sample.of(new FeedForwardBackward(DType.F32), x, square, square, x, x),
        Sample.of(new Attention(scores, false), heads, heads, heads),
        Sample.of(new AttentionBackward(scores), heads, heads, heads, perQuery, perQuery, heads),
        Sample.of(new Rope(), heads, angles, angles),
        Sample.of(new Softmax(2), x),
        Sample.of(new LogSumExp(List.of(2), true), x),
        Sample.of(new SquaredLengths(), x),
        Sample.of(new Variance(List.of(2), true), x),
        Sample.of(new LayerNorm(EPS, false), x, row, row),
        Sample.of(new LayerNormBackward(), x, statistic, statistic, x),
        Sample.of(new ModulatedLayerNorm(EPS, false), x, Spec.of(type, 2, 1, 64), Spec.of(type, 2, 1, 64)),
        Sample.of(new RmsNorm(EPS, false), x, row),
        Sample.of(new NormBackward(true), x, statistic, statistic, row, x),
        Sample.of(new NormBackward(false), x, statistic, row, x),
        Sample.of(new RmsNormBackward(), x, statistic, x),
        Sample.of(new GroupNorm(4, EPS), image, channels, channels),
        Sample.of(new ChannelNorm(), image, channels),
        Sample.of(new Assign(), x, x),
        Sample.of(new MovingAverage(0.9), x, x),
        Sample.of(new MuonStep(0.9, 0.01, DType.F32, 1), Spec.of(DType.F32, 2), square, square, square),
        Sample.of(new AdamW(0.9, 0.99, 1e-8, 0.01), x, x, x, x, Spec.of(DType.F32, 4)));
  }
}
