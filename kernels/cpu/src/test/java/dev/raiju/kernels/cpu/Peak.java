package dev.raiju.kernels.cpu;

import jdk.incubator.vector.FloatVector;

/// The rate of fused multiply-adds that this machine reaches in registers.
final class Peak {
  private Peak() {}

  static double gigaflops(WorkerPool pool) {
    int steps = 20_000;
    float[] sink = new float[1024 * pool.threads()];
    double best = 0;
    for (int round = 0; round < 40; round++) {
      long start = System.nanoTime();
      pool.run(pool.threads(), t -> {
        for (int i = 0; i < 20; i++) chains(sink, 1024 * t, steps);
      });
      double flops = 2.0 * 12 * FloatVector.SPECIES_PREFERRED.length() * steps * 20 * pool.threads();
      best = Math.max(best, flops / (System.nanoTime() - start));
    }
    return best;
  }

  /// Twelve independent chains: more than two units of latency 4 need.
  private static void chains(float[] sink, int at, int steps) {
    var species = FloatVector.SPECIES_PREFERRED;
    FloatVector a = FloatVector.fromArray(species, sink, at);
    FloatVector c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
    for (int i = 0; i < steps; i++) {
      c0 = a.fma(a, c0);
      c1 = a.fma(a, c1);
      c2 = a.fma(a, c2);
      c3 = a.fma(a, c3);
      c4 = a.fma(a, c4);
      c5 = a.fma(a, c5);
      c6 = a.fma(a, c6);
      c7 = a.fma(a, c7);
      c8 = a.fma(a, c8);
      c9 = a.fma(a, c9);
      c10 = a.fma(a, c10);
      c11 = a.fma(a, c11);
    }
    FloatVector left = c0.add(c1).add(c2).add(c3).add(c4).add(c5);
    left.add(c6).add(c7).add(c8).add(c9).add(c10).add(c11).intoArray(sink, at);
  }
}
