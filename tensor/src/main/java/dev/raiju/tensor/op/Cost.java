package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import java.util.List;

/// An estimate of an operation's work.
///
/// @param flops floating-point operations, a multiply-add counted as two
/// @param bytes bytes read and written once
public record Cost(long flops, long bytes) {
  public static final Cost NONE = new Cost(0, 0);

  /// `perElement` operations for each element of the largest output, and every byte moved once.
  public static Cost elementwise(long perElement, List<Spec> in, List<Spec> out) {
    long elements = out.stream().mapToLong(spec -> spec.shape().elements()).max().orElse(0);
    return new Cost(perElement * elements, moved(in) + moved(out));
  }

  /// `flops` operations, and every byte moved once.
  public static Cost of(long flops, List<Spec> in, List<Spec> out) { return new Cost(flops, moved(in) + moved(out)); }

  public Cost plus(Cost other) { return new Cost(flops + other.flops, bytes + other.bytes); }

  private static long moved(List<Spec> specs) { return specs.stream().mapToLong(Spec::bytes).sum(); }
}
