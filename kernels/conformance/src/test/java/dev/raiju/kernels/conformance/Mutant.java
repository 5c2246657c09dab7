package dev.raiju.kernels.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// The reference with a mutation of some ops, and how to see that it is found.
record Mutant(Predicate<Op> sick, boolean anyLayout, Mutation mutation) implements HostBackend {
  static final HostBackend LOOPS = (HostBackend) Device.reference().backend();
  private static final Kernel NONE = (_, _) -> {
    throw new IllegalStateException("the reference has no kernel");
  };

  /// A kernel in place of the reference's.
  @FunctionalInterface
  interface Mutation {
    void run(Kernel healthy, Op op, List<Tensor> in, List<Tensor> out);
  }

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

  static void found(Aspect aspect, String row, Predicate<Op> sick, Mutation mutation) {
    found(aspect, row, new Mutant(sick, false, mutation));
  }

  static void found(Aspect aspect, String row, HostBackend mutant) { found(aspect, row, mutant, Support.undeclared()); }

  static String found(Aspect aspect, String row, HostBackend mutant, Support support) {
    try (Suite suite = new Suite(mutant, support, 60, Integer.MAX_VALUE)) {
      var op = OpCases.named(row).orElseThrow();
      AssertionError error = assertThrows(AssertionError.class, () -> suite.check(op, aspect), "not found: " + row + " "
          + aspect);
      assertTrue(error.getMessage().startsWith(row + ": " + aspect.label()), error.getMessage());
      return error.getMessage();
    }
  }

  static MemorySegment memory(Tensor t) { return ((HostBuffer) t.buffer()).segment(); }

  static double get(Tensor t, long i) { return Elements.getDouble(t.dtype(), memory(t), t.layout().offset() + i); }

  static void set(Tensor t, long i, double value) {
    Elements.setDouble(t.dtype(), memory(t), t.layout().offset() + i, value);
  }

  static long size(Tensor t) { return t.shape().elements(); }

  static Predicate<Op> labelled(String label) { return op -> op instanceof Elementwise e && e.label().equals(label); }
}
