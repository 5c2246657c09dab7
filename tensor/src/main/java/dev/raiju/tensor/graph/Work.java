package dev.raiju.tensor.graph;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Cost;
import dev.raiju.tensor.op.Op;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Adds up what the operations of a thread cost, on any device. A fused op counts as its formula asks, however it is carried out.
///
/// ```java
/// try (Work work = Work.listen()) {
///   model.forward(x);
///   long flops = work.total().flops();
/// }
/// ```
public final class Work implements AutoCloseable {
  private final SequencedMap<String, Cost> byOp = new TreeMap<>();
  private final Trace.Registration registration;
  private Cost total = Cost.NONE;

  private Work() { this.registration = Trace.listen((op, in, _) -> add(op, in)); }

  /// Counts what this thread computes, until closed.
  public static Work listen() { return new Work(); }

  private void add(Op op, List<Tensor> in) {
    Cost cost = op.cost(in.stream().map(Tensor::spec).toList());
    total = total.plus(cost);
    byOp.merge(op.name(), cost, Cost::plus);
  }

  /// Of all operations together.
  public Cost total() { return total; }

  /// By the name of the operation.
  public SequencedMap<String, Cost> byOp() { return Collections.unmodifiableSequencedMap(byOp); }

  @Override
  public void close() { registration.close(); }
}
