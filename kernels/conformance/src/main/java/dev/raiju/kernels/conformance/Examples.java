package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Refusal;
import dev.raiju.kernels.conformance.cases.Special;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.UnsupportedOpException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Examples that rows give: special values with documented results, and inputs that must be refused.
final class Examples {
  private static final double UNITS = 4;

  private final Subject subject;

  Examples(Subject subject) { this.subject = subject; }

  void specials(OpCase row) {
    for (Special special : row.specials()) {
      for (DType type : special.types()) {
        boolean ran = subject.attempt(row, type, () -> special(special, type));
        if (ran) subject.tally.count(Aspect.SPECIALS);
      }
    }
  }

  private void special(Special special, DType type) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = new ArrayList<>();
      for (Value value : special.inputs())
        in.add((value.dtype() == DType.F32 && !value.hasOwnType() ? value.to(type) : value).on(subject.device));
      List<Tensor> out = special.op().apply(in);
      if (out.size() != special.expected().size())
        throw new AssertionError(special.text() + ": got " + out.size() + " results, documented are " + special.expected()
            .size());
      for (int i = 0; i < out.size(); i++) compare(special, out.get(i), special.expected().get(i));
    }
  }

  private static void compare(Special special, Tensor got, double[] expected) {
    double[] actual = got.toDoubles();
    if (actual.length != expected.length)
      throw new AssertionError(special.text() + ": got " + got.spec() + ", documented are " + expected.length + " numbers");
    for (int i = 0; i < actual.length; i++) {
      double e = expected[i];
      double bound = Double.isInfinite(e) || e == 0 || !got.dtype().isFloat() ? 0 : UNITS * Expected.Types.ulp(got.dtype(), e);
      boolean signed = e != 0 || 1 / e > 0 || 1 / actual[i] < 0;
      if (!signed || !Expected.Types.isWithin(got.dtype(), actual[i], e, bound)) {
        throw new AssertionError(String.format(Locale.ROOT, "%s: %s, element %d: got %s, documented is %s", special.text(), got
            .spec(), i,
            actual[i], e));
      }
    }
  }

  void refusals(OpCase row) {
    for (Refusal refusal : row.refusals()) {
      try (Scope scope = Scope.open()) {
        List<Tensor> in = new ArrayList<>();
        for (var spec : refusal.inputs()) in.add(Value.zeros(spec).on(subject.device));
        subject.watched.restart();
        check(refusal, in);
      } finally {
        subject.watched.rest();
      }
      subject.tally.count(Aspect.REFUSALS);
    }
  }

  private void check(Refusal refusal, List<Tensor> in) {
    try {
      var _ = refusal.op().apply(in);
    } catch (UnsupportedOpException e) {
      // without the kernels before it, a late refusal cannot be reached
      if (refusal.atOnce())
        throw new AssertionError("must be refused with: " + refusal.message() + "; got: " + e.getMessage(), e);
      return;
    } catch (IllegalArgumentException e) {
      if (!refusal.message().equals(e.getMessage()))
        throw new AssertionError("must be refused with: " + refusal.message() + "; got: " + e.getMessage(), e);
      if (refusal.atOnce() && (subject.watched.allocations() > 0 || subject.watched.runs() > 0))
        throw new AssertionError("was refused after work had begun: " + refusal.message(), e);
      return;
    }
    throw new AssertionError("was not refused; the message must be: " + refusal.message());
  }
}
