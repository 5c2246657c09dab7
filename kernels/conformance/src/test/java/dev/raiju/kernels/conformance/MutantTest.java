package dev.raiju.kernels.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.Cast;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.Sort;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// The harness is tested by what it finds: backends that are the reference but for one mistake.
class MutantTest {
  private static final HostBackend LOOPS = (HostBackend) Device.reference().backend();

  /// A kernel in place of the reference's.
  @FunctionalInterface
  private interface Mutation {
    void run(Kernel healthy, Op op, List<Tensor> in, List<Tensor> out);
  }

  /// The reference with a mutation of some ops.
  private record Mutant(Predicate<Op> sick, boolean anyLayout, Mutation mutation) implements HostBackend {
    @Override
    public String name() { return "mutant"; }

    @Override
    public String describe() { return "the reference with a mistake"; }

    @Override
    public Optional<Kernel> kernel(Op op, List<Spec> in) {
      if (!sick.test(op)) return LOOPS.kernel(op, in);
      return Optional.of(new Kernel() {
        @Override
        public void run(List<Tensor> in, List<Tensor> out) {
          mutation.run(LOOPS.kernel(op, List.of()).orElse(NONE), op, in, out);
        }

        @Override
        public boolean takes(int index, Layout layout) { return anyLayout || layout.isContiguous(); }
      });
    }
  }

  private static final Kernel NONE = (_, _) -> {
    throw new IllegalStateException("the reference has no kernel");
  };

  private static void found(Aspect aspect, String row, Predicate<Op> sick, Mutation mutation) {
    found(aspect, row, new Mutant(sick, false, mutation));
  }

  private static void found(Aspect aspect, String row, HostBackend mutant) { found(aspect, row, mutant, Support.undeclared()); }

  private static String found(Aspect aspect, String row, HostBackend mutant, Support support) {
    try (Suite suite = new Suite(mutant, support, 60, Integer.MAX_VALUE)) {
      var op = OpCases.named(row).orElseThrow();
      AssertionError error = assertThrows(AssertionError.class, () -> suite.check(op, aspect), "not found: " + row + " "
          + aspect);
      assertTrue(error.getMessage().startsWith(row + ": " + aspect.label()), error.getMessage());
      return error.getMessage();
    }
  }

  private static MemorySegment memory(Tensor t) { return ((HostBuffer) t.buffer()).segment(); }

  private static double get(Tensor t, long i) { return Elements.getDouble(t.dtype(), memory(t), t.layout().offset() + i); }

  private static void set(Tensor t, long i, double value) {
    Elements.setDouble(t.dtype(), memory(t), t.layout().offset() + i, value);
  }

  private static long size(Tensor t) { return t.shape().elements(); }

  private static Predicate<Op> labelled(String label) { return op -> op instanceof Elementwise e && e.label().equals(label); }

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
    Mutation mutation = (_, _, in, out) -> {
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
  void aGradientOffByAThousandth() {
    found(Aspect.GRADIENT, "convolution 2d", op -> op instanceof ConvolutionInputGradient, (healthy, _, in, out) -> {
      healthy.run(in, out);
      for (long i = 0; i < size(out.getFirst()); i++) set(out.getFirst(), i, 1.001 * get(out.getFirst(), i));
    });
  }

  @Test
  void aBackwardKernelThatForgetsATerm() {
    // inverse · (g - mean(g)): without the part along the normalised input
    found(Aspect.GRADIENT, "layer_norm", op -> op instanceof LayerNormBackward, (_, _, in, out) -> {
      long width = in.getFirst().size(-1);
      for (long i = 0; i < size(out.getFirst()); i++) {
        double mean = 0;
        for (long k = 0; k < width; k++) mean += get(in.get(3), i / width * width + k) / width;
        set(out.getFirst(), i, get(in.get(2), i / width) * (get(in.get(3), i) - mean));
      }
    });
  }

  @Test
  void wrongStatisticsThatOnlyTheGradientSees() {
    Predicate<Op> recorded = op -> op instanceof RmsNorm(_, boolean statistics) && statistics;
    Mutation mutation = (_, op, in, out) -> {
      long width = in.getFirst().size(-1);
      for (long row = 0; row < size(out.get(1)); row++) {
        double squares = 0;
        for (long k = 0; k < width; k++) squares += get(in.get(0), row * width + k) * get(in.get(0), row * width + k);
        double inverse = 1 / Math.sqrt(squares / width + ((RmsNorm) op).eps());
        for (long k = 0; k < width; k++)
          set(out.get(0), row * width + k, get(in.get(0), row * width + k) * inverse * get(in.get(1), k));
        set(out.get(1), row, inverse * 1.01);
      }
    };
    found(Aspect.GRADIENT, "rms_norm", recorded, mutation);
    found(Aspect.FORWARD, "rms_norm statistics", recorded, mutation);
  }

  @Test
  void memoryThatIsNotGivenBack() {
    found(Aspect.RELEASE, "neg", labelled("neg"), (healthy, _, in, out) -> {
      HostMemory.allocate(100);
      healthy.run(in, out);
    });
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
    Mutation mutation = (_, _, in, out) -> {
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
    Mutation mutation = (_, _, in, out) -> {
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
  void aKernelThatWritesIntoItsInput() {
    found(Aspect.GRADIENT, "square", labelled("square"), (healthy, _, in, out) -> {
      healthy.run(in, out);
      for (long i = 0; i < size(in.getFirst()); i++) set(in.getFirst(), i, 0);
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

  /// A softmax that does not subtract the maximum.
  private static final Mutation OVERFLOWING = (_, _, in, out) -> {
    long width = in.getFirst().size(-1);
    for (long row = 0; row < size(in.getFirst()) / Math.max(1, width); row++) {
      float sum = 0;
      for (long k = 0; k < width; k++) sum += (float) Math.exp((float) get(in.getFirst(), row * width + k));
      for (long k = 0; k < width; k++) {
        float e = (float) Math.exp((float) get(in.getFirst(), row * width + k));
        set(out.getFirst(), row * width + k, e / sum);
      }
    }
  };

  @Test
  void aSoftmaxThatOverflows() {
    found(Aspect.SPECIALS, "softmax", op -> op instanceof Softmax(int axis) && axis == 0, OVERFLOWING);
  }

  @Test
  void kernelsThatAreNotDeclaredAndDeclaredOnesThatAreNotThere() {
    Support none = Support.none();
    found(Aspect.SUPPORT, "matmul", LOOPS, none);
    found(Aspect.SUPPORT, "attention", LOOPS, none.with("attention", DType.F32));
    found(Aspect.SUPPORT, "softmax", new Mutant(op -> op instanceof Softmax(int axis) && axis == 0, false, OVERFLOWING), Support
        .all());
    found(Aspect.SUPPORT, "matmul", LOOPS, none.partly("matmul"));
  }

  /// A backend without any kernel.
  private record Bare() implements HostBackend {
    @Override
    public String name() { return "bare"; }

    @Override
    public String describe() { return "no kernels"; }
  }

  @Test
  void aDeclaredRowThatCannotRun() {
    found(Aspect.FORWARD, "matmul", new Bare(), Support.none().with("matmul"));
    try (Suite suite = new Suite(new Bare(), Support.none(), 2, 1)) {
      for (String row : List.of("reshape", "fill", "matmul", "attention", "adamw")) {
        for (Aspect aspect : Aspect.values()) suite.check(OpCases.named(row).orElseThrow(), aspect);
      }
    }
  }

  @Test
  void theFailureIsMadeSmallAndCanBeRepeated() {
    HostBackend mutant = new Mutant(labelled("tanh"), false, (healthy, _, in, out) -> {
      healthy.run(in, out);
      Tensor y = out.getFirst();
      for (long i = 16; i < size(y); i++) set(y, i, 0.25);
    });
    String message = found(Aspect.FORWARD, "tanh", mutant, Support.undeclared());
    // one line, with one element beyond the sixteenth
    assertTrue(message.contains("17]] laid [contiguous]"), message);
    String[] repeat = message.substring(message.indexOf("='") + 2, message.length() - 1).split("\\|");
    try (Suite suite = new Suite(mutant, Support.undeclared(), 1, 1)) {
      Plan plan = Plan.parse(repeat[3]);
      var row = OpCases.named(repeat[0]).orElseThrow();
      assertThrows(AssertionError.class, () -> suite.repeat(row, Aspect.FORWARD, DType.parse(repeat[2]), plan));
    }
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
