package dev.raiju.tensor.graph;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.Recording;
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

/// A plan with memory and weights: runs its kernels one after the other, with nothing to choose and nothing to allocate. A device
/// that can keep launches does all as one that lie between two waits for a result. For use by one thread at a time. Nobody hears its
/// operations, so gradients do not pass.
public final class Replay implements AutoCloseable {
  private final Plan plan;
  private final Buffer arena;
  private final Operands operands;
  private final List<Stretch> stretches = new ArrayList<>();
  private final SequencedMap<String, Tensor> inputs = new LinkedHashMap<>();
  private final SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();

  private Replay(Plan plan, Buffer arena, Operands operands) {
    this.plan = plan;
    this.arena = arena;
    this.operands = operands;
    operands.calls().subList(0, plan.counts().prepared()).forEach(Operands.Call::run);
    keep(operands.calls().subList(plan.counts().prepared(), operands.calls().size()), plan.device().backend());
    List<Value> values = plan.graph().values();
    for (int v = 0; v < values.size(); v++) {
      if (values.get(v) instanceof Value.Input(String name, Spec spec) && plan.isUsed(v))
        inputs.put(name, operands.tensor(new Use(v, spec.dtype(), Layout.contiguous(spec.shape())), plan.device()));
    }
    plan.graph().outputs().forEach((name, use) -> outputs.put(name, operands.tensor(use, plan.device())));
  }

  /// Calls that run every time.
  ///
  /// @param recording of all of them, if there is one
  private record Stretch(List<Operands.Call> calls, Optional<Recording> recording) {
    void run() {
      if (recording.isEmpty()) {
        calls.forEach(Operands.Call::run);
        return;
      }
      recording.get().run();
      calls.forEach(Operands.Call::written);
    }

    void close() { recording.ifPresent(Recording::close); }
  }

  private void keep(List<Operands.Call> calls, Backend backend) {
    try {
      int to;
      for (int from = 0; from < calls.size(); from = to) {
        boolean waits = calls.get(from).kernel().waits();
        to = from + 1;
        while (to < calls.size() && calls.get(to).kernel().waits() == waits) to++;
        List<Operands.Call> part = calls.subList(from, to);
        stretches.add(new Stretch(part, waits ? Optional.empty() : backend.record(() -> part.forEach(Operands.Call::run))));
      }
    } catch (RuntimeException | Error e) {
      stretches.forEach(Stretch::close);
      throw e;
    }
  }

  static Replay of(Plan plan, Map<String, Tensor> weights) {
    Buffer arena = plan.device().backend().allocate(plan.memory().bytes());
    List<Buffer> buffers = new ArrayList<>();
    try {
      List<Value> values = plan.graph().values();
      for (int v = 0; v < values.size(); v++) buffers.add(buffer(plan, v, values.get(v), arena, weights));
      return new Replay(plan, arena, new Operands(plan.steps(), buffers, plan.device()));
    } catch (RuntimeException | Error e) {
      buffers.forEach(Buffer::release);
      arena.release();
      throw e;
    }
  }

  private static Buffer buffer(Plan plan, int number, Value value, Buffer arena, Map<String, Tensor> weights) {
    Backend backend = plan.device().backend();
    if (!plan.isUsed(number)) return backend.part(arena, 0, 0);
    return switch (value) {
      case Value.Weight weight -> weight(plan, weight, weights);
      case Value.Constant(MemorySegment contents) -> {
        Buffer buffer = backend.allocate(contents.byteSize());
        backend.write(buffer, 0, contents);
        yield buffer;
      }
      case Value.Input _,Value.Computed _ -> backend.part(arena, plan.offset(number), value.bytes());
    };
  }

  private static Buffer weight(Plan plan, Value.Weight weight, Map<String, Tensor> weights) {
    boolean onHost = plan.device().backend() instanceof HostBackend;
    Tensor given = weights.get(weight.name());
    if (given == null) {
      HostBuffer held = weight.held().filter(_ -> onHost).orElseThrow(() -> new IllegalArgumentException("replay: no weight "
          + weight.name() + "; needs " + weight.spec()));
      held.retain();
      return held;
    }
    boolean there = onHost ? given.buffer() instanceof HostBuffer : given.device() == plan.device();
    if (!there || !given.spec().equals(weight.spec()) || !given.layout().isContiguous() || given.layout().offset() != 0)
      throw new ShapeException("replay: weight %s: %s %s on %s; needs %s of its own on %s", weight.name(), given.spec(), given
          .layout(), given.device(), weight.spec(), plan.device());
    given.buffer().retain();
    return given.buffer();
  }

  /// Runs once.
  ///
  /// @param given the inputs by name
  /// @return the outputs by name, new tensors
  /// @throws IllegalArgumentException if an input is missing, unknown or of another kind
  public SequencedMap<String, Tensor> run(Map<String, Tensor> given) {
    Map<String, Tensor> checked = checked(given);
    checked.forEach((name, tensor) -> Optional.ofNullable(inputs.get(name)).ifPresent(place -> copy(tensor, place)));
    stretches.forEach(Stretch::run);
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
    stretches.forEach(Stretch::close);
    inputs.values().forEach(Tensor::close);
    outputs.values().forEach(Tensor::close);
    operands.close();
    arena.release();
  }
}
