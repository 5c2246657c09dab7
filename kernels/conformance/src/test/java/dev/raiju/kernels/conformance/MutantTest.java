package dev.raiju.kernels.conformance;

import static dev.raiju.kernels.conformance.Mutant.LOOPS;
import static dev.raiju.kernels.conformance.Mutant.found;
import static dev.raiju.kernels.conformance.Mutant.get;
import static dev.raiju.kernels.conformance.Mutant.labelled;
import static dev.raiju.kernels.conformance.Mutant.memory;
import static dev.raiju.kernels.conformance.Mutant.set;
import static dev.raiju.kernels.conformance.Mutant.size;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.Cast;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.Sort;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// The harness is tested by what it finds: wrong results of backends that are the reference but for one mistake.
class MutantTest {
  @Test
  void oneUnitTooMuchInASum() {
    found(Aspect.FORWARD, "add", labelled("add"), (healthy, _, in, out) -> {
      healthy.run(in, out);
      if (out.getFirst().dtype() != DType.F32) return;
      for (long i = 0; i < size(out.getFirst()); i++) set(out.getFirst(), i, Math.nextUp((float) get(out.getFirst(), i)));
    });
  }

  @Test
  void oneUnitBeyondTheBoundOfAProduct() {
    found(Aspect.FORWARD, "matmul", op -> op instanceof MatMul, (healthy, _, in, out) -> {
      healthy.run(in, out);
      if (out.getFirst().dtype() != DType.F32) return;
      Tensor a = in.get(0);
      Tensor b = in.get(1);
      long terms = a.size(-1);
      for (long i = 0; i < size(out.getFirst()); i++) {
        double sum = 0;
        for (long k = 0; k < terms; k++)
          sum += Math.abs(get(a, i / b.size(1) * terms + k) * get(b, k * b.size(1) + i % b.size(1)));
        set(out.getFirst(), i, get(out.getFirst(), i) + (terms + 2) * Math.ulp((float) sum));
      }
    });
  }

  @Test
  void anExponentialOffByFiveUnits() {
    found(Aspect.FORWARD, "exp", labelled("exp"), (healthy, _, in, out) -> {
      healthy.run(in, out);
      for (long i = 0; i < size(out.getFirst()) && out.getFirst().dtype() == DType.F32; i++) {
        float y = (float) get(out.getFirst(), i);
        set(out.getFirst(), i, y + 5 * (double) Math.ulp(y));
      }
    });
  }

  @Test
  void aTailThatIsWrongAtOneLength() {
    found(Aspect.SIZES, "tanh", labelled("tanh"), (healthy, _, in, out) -> {
      healthy.run(in, out);
      Tensor y = out.getFirst();
      if (y.rank() > 0 && y.size(-1) == 17 && size(y) > 0) set(y, size(y) - 1, 0.25);
    });
  }

  @Test
  void stridesThatAreNotLookedAt() {
    Mutant.Mutation mutation = (_, _, in, out) -> {
      Tensor x = in.getFirst();
      for (long i = 0; i < size(x); i++) {
        long place = Math.min(x.layout().offset() + i, memory(x).byteSize() / x.dtype().unitBytes() - 1);
        set(out.getFirst(), i, -Elements.getDouble(x.dtype(), memory(x), place));
      }
    };
    found(Aspect.FORWARD, "neg", new Mutant(labelled("neg"), true, mutation));
  }

  @Test
  void readingOneElementTooMany() {
    found(Aspect.FORWARD, "sum", op -> op instanceof Reduce(var kind, var axes, _) && kind == Reduce.Kind.SUM && axes.size() == 1,
        (healthy, op,
            in, out) -> {
          healthy.run(in, out);
          Tensor x = in.getFirst();
          long next = x.layout().offset() + size(x);
          boolean last = ((Reduce) op).axes().getFirst() == x.rank() - 1 && size(x) > 0 && x.dtype() == DType.F32;
          if (last && next < memory(x).byteSize() / 4) {
            double beyond = Elements.getDouble(x.dtype(), memory(x), next);
            set(out.getFirst(), size(out.getFirst()) - 1, get(out.getFirst(), size(out.getFirst()) - 1) + beyond);
          }
        });
  }

  private static void maxWithoutNaN(Op op, List<Tensor> in, List<Tensor> out, Kernel healthy) {
    Tensor x = in.getFirst();
    if (((Reduce) op).axes().size() != x.rank() || !x.dtype().isFloat()) {
      healthy.run(in, out);
      return;
    }
    double max = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < size(x); i++) max = get(x, i) > max ? get(x, i) : max;
    set(out.getFirst(), 0, max);
  }

  @Test
  void aMaximumThatForgetsNaN() {
    Predicate<Op> max = op -> op instanceof Reduce r && r.kind() == Reduce.Kind.MAX;
    found(Aspect.SPECIALS, "max over axes", max, (healthy, op, in, out) -> maxWithoutNaN(op, in, out, healthy));
    found(Aspect.FORWARD, "max over axes", max, (healthy, op, in, out) -> maxWithoutNaN(op, in, out, healthy));
  }

  @Test
  void narrowNumbersThatAreCutAndNotRounded() {
    found(Aspect.FORWARD, "cast to bf16", op -> op instanceof Cast(var to) && to == DType.BF16, (healthy, _, in, out) -> {
      healthy.run(in, out);
      if (in.getFirst().dtype() != DType.F32) return;
      for (long i = 0; i < size(in.getFirst()); i++) {
        short cut = (short) (Float.floatToRawIntBits((float) get(in.getFirst(), i)) >>> 16);
        memory(out.getFirst()).set(java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i, cut);
      }
    });
  }

  @Test
  void nothingThatIsTooLittle() {
    found(Aspect.SIZES, "concat", op -> op instanceof dev.raiju.tensor.op.Concat, (healthy, _, in, out) -> {
      if (size(out.getFirst()) == 0) throw new ArithmeticException("division by zero");
      healthy.run(in, out);
    });
  }

  @Test
  void offsetsCountedInAnInt() {
    Mutant.Mutation mutation = (_, _, in, out) -> {
      Tensor x = in.getFirst();
      // any layout of the row's inputs is contiguous or has far rows
      long row = x.rank() < 2 ? size(x) : size(x) / x.size(0);
      for (long i = 0; i < size(x); i++) {
        long place = x.layout().offset() + (x.rank() < 2 ? i : i / row * x.layout().stride(0) + i % row);
        int bytes = (int) (place * x.dtype().unitBytes());
        MemorySegment.copy(memory(x), bytes & 0x7fffffff, memory(out.getFirst()), i * x.dtype().unitBytes(), x.dtype()
            .unitBytes());
      }
    };
    found(Aspect.LARGE, "copy", new Mutant(op -> op instanceof Copy, true, mutation));
  }

  @Test
  void indicesCutToAnInt() {
    Mutant.Mutation mutation = (_, _, in, out) -> {
      for (long i = 0; i < size(out.getFirst()); i++)
        set(out.getFirst(), i, get(in.get(0), (int) get(in.get(1), i) & 0x7fffffff));
    };
    HostBackend mutant = new Mutant(op -> op instanceof Gather, true, mutation);
    try (Suite suite = new Suite(mutant, Support.undeclared(), 1, Long.MAX_VALUE)) {
      var row = OpCases.named("gather").orElseThrow();
      AssertionError error = assertThrows(AssertionError.class, () -> suite.check(row, Aspect.LARGE));
      assertTrue(error.getMessage().startsWith("gather: large"), error.getMessage());
    }
  }

  @Test
  void randomNumbersThatAlwaysBeginAnew() {
    found(Aspect.FORWARD, "random normal", op -> op instanceof RandomDraw, (healthy, _, in, out) -> {
      try (Tensor key = Tensor.of(Spec.of(DType.I64, 3), MemorySegment.ofArray(new long[] {(long) get(in.getFirst(), 0),
        (long) get(in.getFirst(),
            1), 0}), Device.reference())) {
        healthy.run(List.of(key), out);
      }
    });
  }

  @Test
  void aSignOfZeroThatIsLost() {
    found(Aspect.SPECIALS, "neg", labelled("neg"), (_, _, in, out) -> {
      for (long i = 0; i < size(in.getFirst()); i++) set(out.getFirst(), i, 0 - get(in.getFirst(), i));
    });
  }

  @Test
  void aMomentThatIsNotWritten() {
    found(Aspect.FORWARD, "adamw", op -> op instanceof AdamW, (_, op, in, _) -> {
      AdamW step = (AdamW) op;
      for (long i = 0; i < size(in.getFirst()); i++) {
        double g = get(in.get(3), i) * get(in.get(4), 3);
        double m = step.beta1() * get(in.get(1), i) + (1 - step.beta1()) * g;
        double v = step.beta2() * get(in.get(2), i) + (1 - step.beta2()) * g * g;
        double rate = get(in.get(4), 0);
        double direction = m / get(in.get(4), 1) / (Math.sqrt(v) / get(in.get(4), 2) + step.eps());
        double p = get(in.getFirst(), i);
        set(in.getFirst(), i, p - p * rate * step.weightDecay() - rate * direction);
        set(in.get(1), i, m);
      }
    });
  }

  @Test
  void anOrderThatIsNotStable() {
    found(Aspect.FORWARD, "sort", op -> op instanceof Sort, (healthy, op, in, out) -> {
      healthy.run(in, out);
      Tensor x = in.getFirst();
      if (((Sort) op).axis() != x.rank() - 1) return;
      long width = x.size(-1);
      for (long i = 1; i < size(x); i++) {
        if (i % width == 0 || get(out.get(0), i) != get(out.get(0), i - 1)) continue;
        double place = get(out.get(1), i);
        set(out.get(1), i, get(out.get(1), i - 1));
        set(out.get(1), i - 1, place);
      }
    });
  }

  @Test
  void aPaddingWithZerosWhateverWasAsked() {
    found(Aspect.FORWARD, "pad", op -> op instanceof Pad, (_, op, in, out) -> {
      Pad pad = (Pad) op;
      Pad zero = new Pad(pad.axis(), pad.before(), pad.after(), pad.between(), 0);
      LOOPS.kernel(zero, List.of()).orElseThrow().run(in, out);
    });
  }

  @Test
  void aSoftmaxThatOverflows() {
    found(Aspect.SPECIALS, "softmax", op -> op instanceof Softmax(int axis) && axis == 0, MutantContractTest.OVERFLOWING);
  }

  @Test
  void aFusedKernelThatIsWrongIsFoundThoughItsDefinitionIsRight() {
    found(Aspect.FORWARD, "rope", op -> op instanceof Fused && op.name().equals("rope"), (_, _, in, out) -> {
      // halves instead of neighbours
      Tensor x = in.getFirst();
      long width = x.size(-1);
      for (long i = 0; i < size(x); i++) {
        long row = i / width;
        long k = i % width;
        long token = row / x.size(2) % x.size(1);
        long pair = k % (width / 2);
        double cos = get(in.get(1), token * (width / 2) + pair);
        double sin = get(in.get(2), token * (width / 2) + pair);
        double other = get(x, row * width + (k + width / 2) % width);
        set(out.getFirst(), i, get(x, i) * cos + (k < width / 2 ? -other : other) * sin);
      }
    });
  }
}
