package dev.raiju.tensor.reference;

import dev.raiju.tensor.Philox;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.util.Arrays;

/// Tensors out of nothing.
final class Generators {
  private Generators() {}

  static void fill(double value, Tensor out) {
    double[] values = new double[Math.toIntExact(out.shape().elements())];
    Arrays.fill(values, value);
    Values.store(values, out);
  }

  static void iota(Tensor out) {
    long[] values = new long[Math.toIntExact(out.shape().elements())];
    Arrays.setAll(values, i -> i);
    Values.store(values, out);
  }

  static void random(Distribution distribution, Tensor key, Tensor out) {
    long[] k = Values.longs(key);
    double[] values = new double[Math.toIntExact(out.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      int bits = Philox.bits(k[0], k[1], k[2] + i);
      values[i] = switch (distribution) {
        case UNIFORM -> Philox.uniform(bits);
        case NORMAL -> Philox.normal(bits);
        case BITS -> bits;
      };
    }
    Values.store(values, out);
  }
}
