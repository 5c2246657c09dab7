package dev.raiju.kernels.conformance;

import static dev.raiju.kernels.conformance.Mutant.LOOPS;
import static dev.raiju.kernels.conformance.Mutant.found;
import static dev.raiju.kernels.conformance.Mutant.get;
import static dev.raiju.kernels.conformance.Mutant.labelled;
import static dev.raiju.kernels.conformance.Mutant.set;
import static dev.raiju.kernels.conformance.Mutant.size;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Softmax;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// The harness is tested by what it finds: wrong gradients, lost memory, kernels that are not as declared.
class MutantContractTest {
  /// A softmax that does not subtract the maximum.
  static final Mutant.Mutation OVERFLOWING = (_, _, in, out) -> {
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
  void aGradientOffByAThousandth() {
    found(Aspect.GRADIENT, "convolution 2d", op -> op instanceof ConvolutionInputGradient, (healthy, _, in, out) -> {
      healthy.run(in, out);
      for (long i = 0; i < size(out.getFirst()); i++) set(out.getFirst(), i, 1.001 * get(out.getFirst(), i));
    });
  }

  @Test
  void aBackwardKernelThatForgetsATerm() {
    // inverse · (g - mean(g)): without the part along the normalised input
    found(Aspect.GRADIENT, "layer_norm plain", op -> op instanceof LayerNormBackward, (_, _, in, out) -> {
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
    Mutant.Mutation mutation = (_, op, in, out) -> {
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
  void aKernelThatWritesIntoItsInput() {
    found(Aspect.GRADIENT, "square", labelled("square"), (healthy, _, in, out) -> {
      healthy.run(in, out);
      for (long i = 0; i < size(in.getFirst()); i++) set(in.getFirst(), i, 0);
    });
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
}
