package dev.raiju.autograd;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Pullback;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/// A gradient rule's view of one noted operation.
record NodePullback(Tape.Node node, Map<Long, Tensor> arrived, LongPredicate reached, BiConsumer<Long, Tensor> into)
    implements
      Pullback {
  @Override
  public int inputs() { return node.inputs().size(); }

  @Override
  public Spec in(int index) { return node.inputSpecs().get(index); }

  @Override
  public Tensor saved(int index) { return node.read(index); }

  @Override
  public boolean has(int index) { return arrived.containsKey(node.outputs().get(index)); }

  @Override
  public Tensor cotangent(int index) {
    Tensor gradient = arrived.get(node.outputs().get(index));
    if (gradient != null) return gradient;
    Tape.OutputKind kind = node.outputKinds().get(index);
    return Trace.silently(() -> Tensor.full(kind.spec(), 0, kind.device()));
  }

  @Override
  public boolean wants(int index) { return reached.test(node.inputs().get(index)); }

  @Override
  public void give(int index, Supplier<Tensor> gradient) {
    if (!wants(index)) return;
    Tensor value = gradient.get();
    if (!value.spec().equals(in(index))) {
      throw new ShapeException("gradient: %s: input %d is %s, its rule gave %s", node.name(), index, in(index), value.spec());
    }
    into.accept(node.inputs().get(index), value);
  }
}
