package dev.raiju.tensor.graph;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.op.Copy;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

/// A plan with memory and weights: runs its kernels one after the other, with nothing to choose and nothing to allocate. For use by
/// one thread at a time. Nobody hears its operations, so gradients do not pass.
public final class Replay implements AutoCloseable {
  private final Plan plan;
  private final HostBuffer arena;
  private final Operands operands;
  private final SequencedMap<String, Tensor> inputs = new LinkedHashMap<>();
  private final SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();

  private Replay(Plan plan, HostBuffer arena, Operands operands) {
    this.plan = plan;
    this.arena = arena;
    this.operands = operands;
    List<Value> values = plan.graph().values();
    for (int v = 0; v < values.size(); v++) {
      if (values.get(v) instanceof Value.Input(String name, Spec spec) && plan.isUsed(v))
        inputs.put(name, operands.tensor(new Use(v, spec.dtype(), Layout.contiguous(spec.shape())), plan.device()));
    }
    plan.graph().outputs().forEach((name, use) -> outputs.put(name, operands.tensor(use, plan.device())));
  }

  static Replay of(Plan plan, Map<String, Tensor> weights) {
    HostBuffer arena = HostMemory.allocate(plan.memory().bytes());
    List<HostBuffer> buffers = new ArrayList<>();
    try {
      List<Value> values = plan.graph().values();
      for (int v = 0; v < values.size(); v++) buffers.add(buffer(plan, v, values.get(v), arena, weights));
      Replay replay = new Replay(plan, arena, new Operands(plan.steps(), buffers, plan.device()));
      replay.operands.calls().subList(0, plan.counts().prepared()).forEach(Operands.Call::run);
      return replay;
    } catch (RuntimeException | Error e) {
      buffers.forEach(HostBuffer::release);
      arena.release();
      throw e;
    }
  }

  private static HostBuffer buffer(Plan plan, int number, Value value, HostBuffer arena, Map<String, Tensor> weights) {
    if (!plan.isUsed(number)) return Operands.over(MemorySegment.NULL);
    return switch (value) {
      case Value.Weight weight -> weight(weight, weights);
      case Value.Constant(MemorySegment contents) -> {
        HostBuffer buffer = HostMemory.allocate(contents.byteSize());
        MemorySegment.copy(contents, 0, buffer.segment(), 0, contents.byteSize());
        yield buffer;
      }
      case Value.Input _,Value.Computed _ -> Operands.over(arena.segment().asSlice(plan.offset(number), value.bytes()));
    };
  }

  private static HostBuffer weight(Value.Weight weight, Map<String, Tensor> weights) {
    Tensor given = weights.get(weight.name());
    if (given == null) {
      HostBuffer held = weight.held().orElseThrow(() -> new IllegalArgumentException("replay: no weight " + weight.name()
          + "; needs " + weight.spec()));
      held.retain();
      return held;
    }
    boolean fits = given.spec().equals(weight.spec()) && given.layout().isContiguous() && given.layout().offset() == 0;
    if (!fits || !(given.buffer() instanceof HostBuffer buffer))
      throw new ShapeException("replay: weight %s: %s %s; needs %s of its own in host memory", weight.name(), given.spec(), given
          .layout(), weight.spec());
    buffer.retain();
    return buffer;
  }

  /// Runs once.
  ///
  /// @param given the inputs by name
  /// @return the outputs by name, new tensors
  /// @throws IllegalArgumentException if an input is missing, unknown or of another kind
  public SequencedMap<String, Tensor> run(Map<String, Tensor> given) {
    Map<String, Tensor> checked = checked(given);
    checked.forEach((name, tensor) -> Optional.ofNullable(inputs.get(name)).ifPresent(place -> copy(tensor, place)));
    operands.calls().subList(plan.counts().prepared(), operands.calls().size()).forEach(Operands.Call::run);
    SequencedMap<String, Tensor> results = new LinkedHashMap<>();
    outputs.forEach((name, tensor) -> results.put(name, tensor.copy()));
    return results;
  }

  private Map<String, Tensor> checked(Map<String, Tensor> given) {
    Map<String, Spec> wanted = new LinkedHashMap<>();
    for (Value value : plan.graph().values()) {
      if (value instanceof Value.Input(String name, Spec spec)) wanted.put(name, spec);
    }
    if (!given.keySet().equals(wanted.keySet()))
      throw new IllegalArgumentException("replay: inputs " + given.keySet() + "; needs " + wanted.keySet());
    wanted.forEach((name, spec) -> {
      Tensor tensor = Objects.requireNonNull(given.get(name));
      if (!tensor.spec().equals(spec) || tensor.device() != plan.device())
        throw new ShapeException("replay: input %s: %s on %s; needs %s on %s", name, tensor.spec(), tensor.device(), spec, plan
            .device());
    });
    return given;
  }

  private void copy(Tensor from, Tensor to) {
    plan.device().backend().kernel(new Copy(), List.of(from.spec())).orElseThrow().run(List.of(from), List.of(to));
    to.buffer().written();
  }

  @Override
  public void close() {
    inputs.values().forEach(Tensor::close);
    outputs.values().forEach(Tensor::close);
    operands.close();
    arena.release();
  }
}
