package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Exponential moving averages of any number of tensors, in place: `average ← decay · average + (1 - decay) · value`.
///
/// @param decay how much of the past stays
/// @param tensors how many averages there are
public record MovingAverage(double decay, int tensors) implements Update {
  /// The rule, for one tensor.
  public MovingAverage(double decay) { this(decay, 1); }

  /// @param average written
  /// @param value same kind
  public void step(Tensor average, Tensor value) { step(List.of(average), List.of(value)); }

  /// The same for several tensors of one type.
  public void step(List<Tensor> averages, List<Tensor> values) {
    List<Tensor> in = new ArrayList<>();
    for (int i = 0; i < averages.size(); i++) in.addAll(List.of(averages.get(i), values.get(i)));
    Trace.update(new MovingAverage(decay, averages.size()), in.toArray(Tensor[]::new));
  }

  @Override
  public List<Integer> written() { return IntStream.range(0, tensors).map(i -> 2 * i).boxed().toList(); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    if (in.size() != 2 * tensors)
      throw new ShapeException("moving_average: %d inputs for %d averages; needs %d", in.size(), tensors, 2 * tensors);
    Spec first = in.getFirst().requireFloat(name());
    for (int i = 0; i < in.size(); i += 2) {
      Spec average = in.get(i).requireSameType(name(), first);
      in.get(i + 1).requireSameType(name(), average).requireShape(name(), "the value", average.shape());
    }
    return List.of();
  }

  @Override
  public Cost cost(List<Spec> in) {
    List<Spec> averages = written().stream().map(in::get).toList();
    return Cost.of(3 * averages.stream().mapToLong(spec -> spec.shape().elements()).sum(), in, averages);
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    return IntStream.range(0, tensors).mapToObj(i -> in.get(2 * i).mul(decay).add(in.get(2 * i + 1).mul(1 - decay))).toList();
  }
}
