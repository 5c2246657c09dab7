package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.of;
import static dev.raiju.kernels.cpu.TestTensors.random;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Inputs of an attention, and what must come out, by plain loops in f64.
///
/// @param bias which axes of `[B, h, Nq, Nk]` the bias has, bit 3 for B; -1 for no bias
/// @param mask the same for the mask
record AttentionCase(DType type, int batch, int heads, int groups, int queries, int keys, int width, int valueWidth, int bias,
    int mask,
    int causalBlock, int queryOffset, long seed) {
  double scale() { return 0.7 / Math.sqrt(width); }

  Scores scores() { return new Scores(scale(), bias >= 0, mask >= 0, causalBlock, queryOffset); }

  double[] q() { return random(type, seed, batch, queries, heads, width); }

  double[] k() { return random(type, seed + 1, batch, keys, groups, width); }

  double[] v() { return random(type, seed + 2, batch, keys, groups, valueWidth); }

  long[] extraSizes(int axes) {
    return new long[] {(axes & 8) != 0 ? batch : 1, (axes & 4) != 0 ? heads : 1, (axes & 2) != 0 ? queries : 1, (axes & 1) != 0
        ? keys
        : 1};
  }

  double[] biasValues() { return random(type, seed + 3, extraSizes(bias)); }

  /// One in four is hidden.
  double[] maskValues() {
    SplittableRandom random = new SplittableRandom(seed + 4);
    return random.ints((int) Shape.of(extraSizes(mask)).elements(), 0, 4).mapToDouble(i -> i == 0 ? 0 : 1).toArray();
  }

  List<Tensor> inputs(Device device) {
    List<Tensor> in = new ArrayList<>();
    in.add(of(device, type, q(), batch, queries, heads, width));
    in.add(of(device, type, k(), batch, keys, groups, width));
    in.add(of(device, type, v(), batch, keys, groups, valueWidth));
    if (bias >= 0) in.add(of(device, type, biasValues(), extraSizes(bias)));
    if (mask >= 0) in.add(of(device, DType.BOOL, maskValues(), extraSizes(mask)));
    return in;
  }

  private int extraPlace(int axes, int b, int h, int i, int j) {
    long[] sizes = extraSizes(axes);
    int[] at = {b, h, i, j};
    int place = 0;
    for (int axis = 0; axis < 4; axis++) place = place * (int) sizes[axis] + (sizes[axis] == 1 ? 0 : at[axis]);
    return place;
  }

  int biasPlace(int b, int h, int i, int j) { return extraPlace(bias, b, h, i, j); }

  int qPlace(int b, int i, int h) { return ((b * queries + i) * heads + h) * width; }

  int kPlace(int b, int j, int h) { return ((b * keys + j) * groups + h / (heads / groups)) * width; }

  int vPlace(int b, int j, int h) { return ((b * keys + j) * groups + h / (heads / groups)) * valueWidth; }

  int outPlace(int b, int i, int h) { return ((b * queries + i) * heads + h) * valueWidth; }

  /// The scores of one query, -∞ for hidden keys.
  double[] scoresOf(double[] q, double[] k, double[] biasValues, double[] maskValues, int b, int h, int i) {
    double[] s = new double[keys];
    for (int j = 0; j < keys; j++) {
      for (int c = 0; c < width; c++) s[j] += q[qPlace(b, i, h) + c] * k[kPlace(b, j, h) + c];
      s[j] *= scale();
      if (bias >= 0) s[j] += biasValues[biasPlace(b, h, i, j)];
      boolean hidden = mask >= 0 && maskValues[extraPlace(mask, b, h, i, j)] == 0;
      if (causalBlock > 0) hidden |= j / causalBlock > (i + queryOffset) / causalBlock;
      if (hidden) s[j] = Double.NEGATIVE_INFINITY;
    }
    return s;
  }

  static double logSumExp(double[] s) {
    double max = Double.NEGATIVE_INFINITY;
    for (double x : s) max = Math.max(max, x);
    if (max == Double.NEGATIVE_INFINITY) return max;
    double sum = 0;
    for (double x : s) sum += Math.exp(x - max);
    return max + Math.log(sum);
  }

  /// The output `[B, Nq, h, e]` and the log-sum-exp `[B, h, Nq]`.
  double[][] forward() {
    double[] q = q();
    double[] k = k();
    double[] v = v();
    double[] biasValues = bias >= 0 ? biasValues() : new double[0];
    double[] maskValues = mask >= 0 ? maskValues() : new double[0];
    double[] out = new double[batch * queries * heads * valueWidth];
    double[] lse = new double[batch * heads * queries];
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        for (int i = 0; i < queries; i++) {
          double[] s = scoresOf(q, k, biasValues, maskValues, b, h, i);
          double total = logSumExp(s);
          lse[(b * heads + h) * queries + i] = total;
          for (int j = 0; j < keys; j++) {
            double p = total == Double.NEGATIVE_INFINITY ? 0 : Math.exp(s[j] - total);
            for (int c = 0; c < valueWidth; c++) out[outPlace(b, i, h) + c] += p * v[vPlace(b, j, h) + c];
          }
        }
      }
    }
    return new double[][] {out, lse};
  }

  double[] outGradient() { return random(type, seed + 5, batch, queries, heads, valueWidth); }

  /// Row sums of the output times its gradient, `[B, h, Nq]`.
  double[] delta(double[] out) {
    double[] d = outGradient();
    double[] delta = new double[batch * heads * queries];
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        for (int i = 0; i < queries; i++) {
          for (int c = 0; c < valueWidth; c++)
            delta[(b * heads + h) * queries + i] += out[outPlace(b, i, h) + c] * d[outPlace(b, i, h)
                + c];
        }
      }
    }
    return delta;
  }

  /// The gradients of queries, keys, values and bias.
  double[][] backward(double[] lse, double[] delta) {
    double[] q = q();
    double[] k = k();
    double[] v = v();
    double[] d = outGradient();
    double[] biasValues = bias >= 0 ? biasValues() : new double[0];
    double[] maskValues = mask >= 0 ? maskValues() : new double[0];
    double[] dq = new double[q.length];
    double[] dk = new double[k.length];
    double[] dv = new double[v.length];
    double[] db = new double[biasValues.length];
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        for (int i = 0; i < queries; i++) {
          int row = (b * heads + h) * queries + i;
          double[] s = scoresOf(q, k, biasValues, maskValues, b, h, i);
          for (int j = 0; j < keys; j++) {
            double p = lse[row] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(s[j] - lse[row]);
            double dp = 0;
            for (int c = 0; c < valueWidth; c++) {
              dp += d[outPlace(b, i, h) + c] * v[vPlace(b, j, h) + c];
              dv[vPlace(b, j, h) + c] += p * d[outPlace(b, i, h) + c];
            }
            double ds = p * (dp - delta[row]);
            if (bias >= 0) db[biasPlace(b, h, i, j)] += ds;
            for (int c = 0; c < width; c++) {
              dq[qPlace(b, i, h) + c] += scale() * ds * k[kPlace(b, j, h) + c];
              dk[kPlace(b, j, h) + c] += scale() * ds * q[qPlace(b, i, h) + c];
            }
          }
        }
      }
    }
    return new double[][] {dq, dk, dv, db};
  }
}
