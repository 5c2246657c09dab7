package dev.raiju.autograd;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Broadcast;
import dev.raiju.tensor.op.Differentiable;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Update;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Notes the operations of this thread, so that gradients can be computed backwards through them.
///
/// ```java
/// try (var scope = Scope.open(); var tape = Tape.record()) {
///   Tensor loss = Losses.mse(Elementwise.geluTanh(x.matmul(w1)).matmul(w2), y);
///   Gradients g = tape.gradients(loss, w1, w2);
/// }
/// ```
///
/// Tapes nest: an outer tape hears what an inner one computes for its gradients, which gives second order. Only what a gradient
/// rule names is kept alive. Use on the thread that opened it.
public final class Tape implements AutoCloseable {
  /// The tapes of a thread, and how often they were paused.
  private static final class Active {
    final List<Tape> tapes = new ArrayList<>();
    int pauses;
  }

  private static final ThreadLocal<Active> ACTIVE = ThreadLocal.withInitial(Active::new);

  private final @Nullable Set<Long> tracked;
  private final List<Node> nodes = new ArrayList<>();
  private final Trace.Registration registration;
  private boolean deaf;

  private Tape(@Nullable Set<Long> tracked) {
    this.tracked = tracked;
    this.registration = Trace.listen(new Recorder());
    ACTIVE.get().tapes.add(this);
  }

  /// A tape that notes everything computed from floats.
  public static Tape record() { return new Tape(null); }

  /// A tape that notes only what depends on these tensors: the way to train, since nothing is kept for frozen networks.
  public static Tape record(Collection<Tensor> tensors) {
    Set<Long> ids = new HashSet<>();
    tensors.forEach(t -> ids.add(t.id()));
    return new Tape(ids);
  }

  /// Stops all tapes of this thread until the result is closed.
  public static Trace.Registration pause() {
    Active active = ACTIVE.get();
    active.pauses++;
    return () -> active.pauses--;
  }

  /// The gradients of a scalar with respect to some tensors. What a tensor does not reach has gradient zero.
  ///
  /// @throws ShapeException if `loss` has more than one element
  public Gradients gradients(Tensor loss, Tensor... wanted) { return gradients(loss, List.of(wanted)); }

  public Gradients gradients(Tensor loss, Collection<Tensor> wanted) {
    if (loss.shape().elements() != 1) throw new ShapeException("gradients: the loss must have one element, got %s", loss.spec());
    try (Scope scope = Scope.open()) {
      Tensor one = Trace.silently(() -> loss.like(1));
      return keep(scope, gradients(List.of(loss), List.of(one), wanted));
    }
  }

  /// The gradients of `Σ output · cotangent` with respect to some tensors.
  public Gradients gradients(List<Tensor> outputs, List<Tensor> cotangents, Collection<Tensor> wanted) {
    boolean before = deaf;
    deaf = true;
    try (Scope scope = Scope.open(); Sweep sweep = new Sweep(reached(wanted))) {
      for (int i = 0; i < outputs.size(); i++) sweep.add(outputs.get(i).id(), cotangents.get(i));
      Set<Long> asked = new HashSet<>();
      wanted.forEach(t -> asked.add(t.id()));
      for (int i = nodes.size() - 1; i >= 0; i--) {
        sweep.backThrough(nodes.get(i));
        // whatever read these outputs came later and has been passed
        nodes.get(i).outputs().stream().filter(id -> !asked.contains(id)).forEach(sweep::forget);
      }
      return keep(scope, sweep.results(wanted));
    } finally {
      deaf = before;
    }
  }

  private static Gradients keep(Scope scope, Gradients gradients) {
    gradients.tensors().forEach(scope::keep);
    return gradients;
  }

  /// The ids of everything that depends on the wanted tensors, themselves included.
  private Set<Long> reached(Collection<Tensor> wanted) {
    Set<Long> reached = new HashSet<>();
    wanted.forEach(t -> reached.add(t.id()));
    for (Node node : nodes) {
      if (node.inputs().stream().anyMatch(reached::contains)) reached.addAll(node.outputs());
    }
    return reached;
  }

  /// Adds a step whose gradient rule is not an op's own; see [Checkpoint].
  static void noteAll(Differentiable rule, String name, List<Tensor> in, List<Tensor> out) {
    Active active = ACTIVE.get();
    if (active.pauses > 0) return;
    for (Tape tape : active.tapes) {
      if (!tape.deaf && tape.depends(in)) tape.note(rule, name, in, out);
    }
  }

  private boolean depends(List<Tensor> in) { return tracked == null || in.stream().anyMatch(t -> tracked.contains(t.id())); }

  private void note(Differentiable rule, String name, List<Tensor> in, List<Tensor> out) {
    nodes.add(Node.of(rule, name, in, out));
    if (tracked != null) out.forEach(t -> tracked.add(t.id()));
  }

  /// Lets go of everything that was kept.
  @Override
  public void close() {
    registration.close();
    ACTIVE.get().tapes.remove(this);
    nodes.forEach(Node::close);
    nodes.clear();
  }

  /// What the engine tells the tape.
  private final class Recorder implements Trace.Listener {
    private boolean hears(List<Tensor> in) { return !deaf && ACTIVE.get().pauses == 0 && depends(in); }

    @Override
    public boolean records(Op op, List<Tensor> in) { return hears(in); }

    /// A fused op without a gradient rule is noted whole if it has a fast kernel, and is then computed again for the gradient;
    /// otherwise its parts run anyhow, and are noted.
    @Override
    public boolean expands(Fused op, List<Tensor> in) {
      if (op instanceof Differentiable || !hears(in)) return false;
      return in.getFirst().device().backend().kernel(op, in.stream().map(Tensor::spec).toList()).isEmpty();
    }

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      if (op instanceof Update || out.stream().noneMatch(t -> t.dtype().isFloat()) || !hears(in)) return;
      if (op instanceof Differentiable rule) note(rule, op.name(), in, out);
      else if (op instanceof Fused fused) note(new ByDefinition(fused), op.name(), in, out);
    }
  }

  /// A backward pass: the gradients that have arrived so far, by the id of their value.
  private static final class Sweep implements AutoCloseable {
    private final Set<Long> reached;
    private final Map<Long, Tensor> arrived = new HashMap<>();

    Sweep(Set<Long> reached) { this.reached = reached; }

    void add(long id, Tensor gradient) {
      if (!reached.contains(id)) return;
      Tensor before = arrived.get(id);
      try (Scope scope = Scope.open()) {
        arrived.put(id, (before == null ? gradient : before.add(gradient)).alias());
      }
      if (before != null) before.close();
    }

    void backThrough(Node node) {
      if (node.outputs().stream().noneMatch(arrived::containsKey) || node.inputs().stream().noneMatch(reached::contains)) return;
      try (Scope scope = Scope.open()) {
        node.rule().vjp(new NodePullback(node, arrived, reached::contains, this::add));
      }
    }

    void forget(long id) {
      Tensor gradient = arrived.remove(id);
      if (gradient != null) gradient.close();
    }

    Gradients results(Collection<Tensor> wanted) {
      Map<Long, Tensor> results = new HashMap<>();
      for (Tensor t : wanted) {
        Tensor gradient = arrived.get(t.id());
        if (gradient != null) results.computeIfAbsent(t.id(), _ -> Trace.apply(new Broadcast(gradient.shape()), gradient));
        else
          results.computeIfAbsent(t.id(), _ -> Trace.silently(() -> t.like(0)));
      }
      return new Gradients(results);
    }

    @Override
    public void close() { arrived.values().forEach(Tensor::close); }
  }

  /// What an output was, for the zeros of a gradient that never arrives.
  record OutputKind(Spec spec, Device device) {}

  /// One noted operation: what its rule needs, and whether that is still what it was.
  record Node(Differentiable rule, String name, List<Long> inputs, List<Spec> inputSpecs, List<Long> outputs,
      List<OutputKind> outputKinds, List<Tensor> saved, List<Long> versions) implements AutoCloseable {
    static Node of(Differentiable rule, String name, List<Tensor> in, List<Tensor> out) {
      List<Tensor> saved = rule.saved(in, out).stream().map(Tensor::alias).toList();
      return new Node(rule, name, in.stream().map(Tensor::id).toList(), in.stream().map(Tensor::spec).toList(),
          out.stream().map(Tensor::id).toList(), out.stream().map(t -> new OutputKind(t.spec(), t.device())).toList(), saved,
          saved.stream().map(t -> t.buffer().version()).toList());
    }

    Tensor read(int index) {
      Tensor tensor = saved.get(index);
      if (tensor.buffer().version() != versions.get(index)) {
        throw new IllegalStateException("gradient: " + name + ": its saved tensor " + tensor.spec()
            + " was written after the forward pass");
      }
      return tensor;
    }

    @Override
    public void close() { saved.forEach(Tensor::close); }
  }
}
