package dev.raiju.tensor;

import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Primitive;
import dev.raiju.tensor.op.ToDevice;
import dev.raiju.tensor.op.Update;
import dev.raiju.tensor.op.View;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// The one way in for every operation: it checks, chooses what to run, runs it and tells who listens.
///
/// Tapes, score collectors and counters are [Listener]s of the thread that computes. While a definition runs on behalf of a
/// fused op, nobody hears its parts, since the op as a whole is heard.
public final class Trace {
  /// Hears the operations of one thread.
  public interface Listener {
    /// Told after every operation. `out` holds the outputs, those of [Fused#recorded] included; keep what is needed later with
    /// [Tensor#alias], since its owner may close it.
    void applied(Op op, List<Tensor> in, List<Tensor> out);

    /// Whether a fused op shall run as its definition, so that this listener hears the parts instead.
    default boolean expands(Fused op, List<Tensor> in) { return false; }

    /// Whether this listener needs the outputs that only a gradient rule sees.
    default boolean records(Op op, List<Tensor> in) { return false; }
  }

  private static final ThreadLocal<Trace> CURRENT = ThreadLocal.withInitial(Trace::new);

  private final List<Listener> listeners = new ArrayList<>();
  private int silence;

  private Trace() {}

  /// Starts telling `listener` what this thread computes, until the result is closed.
  public static Registration listen(Listener listener) {
    Trace trace = CURRENT.get();
    trace.listeners.add(listener);
    return () -> trace.listeners.remove(listener);
  }

  /// Ends a listener's subscription; on the thread that began it.
  @FunctionalInterface
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  /// Computes without anybody hearing it.
  public static <T> T silently(Supplier<T> work) {
    Trace trace = CURRENT.get();
    trace.silence++;
    try {
      return work.get();
    } finally {
      trace.silence--;
    }
  }

  /// Applies an operation with one output.
  public static Tensor apply(Op op, Tensor... in) { return applyAll(op, in).getFirst(); }

  /// Applies an operation and gives all its outputs.
  public static List<Tensor> applyAll(Op op, Tensor... in) {
    if (in.length == 0) throw new IllegalArgumentException(op.name() + ": no inputs; use create");
    return CURRENT.get().dispatch(in[0].device(), op, List.of(in));
  }

  /// Applies an update: it writes into its inputs.
  public static void update(Update op, Tensor... in) { CURRENT.get().dispatch(in[0].device(), op, List.of(in)); }

  /// Applies an operation that has no inputs.
  public static Tensor create(Device device, Op op) { return CURRENT.get().dispatch(device, op, List.of()).getFirst(); }

  private List<Tensor> dispatch(Device device, Op op, List<Tensor> in) {
    for (Tensor t : in) {
      t.requireOpen(op);
      if (t.device() != device) {
        throw new IllegalArgumentException(op.name() + ": tensors on different devices: " + device + " and " + t.device()
            + "; move one with to(device)");
      }
    }
    List<Spec> specs = specs(in);
    return switch (op) {
      case View view -> tell(op, in, List.of(Scope.adopt(in.getFirst().viewed(view))));
      case ToDevice move -> tell(op, in, List.of(Scope.adopt(TensorValues.moved(in.getFirst(), move.to()))));
      case Primitive primitive -> {
        List<Spec> out = primitive.infer(specs);
        yield tell(op, in, adopt(compute(device, kernel(device, primitive, specs), in, out)));
      }
      case Fused fused -> fused(device, fused, in, specs);
      case Update update -> update(device, update, in, specs);
    };
  }

  private List<Tensor> fused(Device device, Fused op, List<Tensor> in, List<Spec> specs) {
    int visible = op.infer(specs).size();
    boolean recorded = false;
    if (silence == 0) {
      for (Listener listener : listeners) {
        if (listener.expands(op, in)) return checked(op, specs, op.define(in)).subList(0, visible);
        recorded |= listener.records(op, in);
      }
    }
    Fused variant = recorded ? op.recorded() : op;
    var kernel = device.backend().kernel(variant, specs);
    List<Tensor> all = kernel.isPresent() ? compute(device, kernel.get(), in, variant.infer(specs)) : defined(variant, in, specs);
    List<Tensor> out = adopt(all.subList(0, visible));
    try {
      tell(variant, in, all);
    } finally {
      for (Tensor hidden : all.subList(visible, all.size())) hidden.close();
    }
    return out;
  }

  /// Runs a definition unheard; the outputs are owned by the caller.
  private List<Tensor> defined(Fused op, List<Tensor> in, List<Spec> specs) {
    silence++;
    try (Scope scope = Scope.open()) {
      return checked(op, specs, op.define(in)).stream().map(Tensor::alias).toList();
    } finally {
      silence--;
    }
  }

  private static List<Tensor> checked(Op op, List<Spec> in, List<Tensor> out) {
    List<Spec> wanted = op.infer(in);
    if (!specs(out).equals(wanted)) {
      throw new IllegalStateException(op.name() + ": its definition gives " + specs(out) + "; its shape rule says " + wanted);
    }
    return out;
  }

  private List<Tensor> update(Device device, Update op, List<Tensor> in, List<Spec> specs) {
    op.infer(specs);
    for (int index : op.written()) {
      if (!in.get(index).layout().isContiguous())
        throw new ShapeException("%s: input %d is written and must be contiguous", op.name(), index);
      // kernels write to absolute addresses: a store into a mapping for reading would end the process
      if (in.get(index).buffer() instanceof HostBuffer host && host.segment().isReadOnly()) {
        throw new IllegalArgumentException(op.name() + ": input " + index + " is written and lies in a file; copy() it first");
      }
    }
    List<Tensor> targets = op.written().stream().map(in::get).toList();
    var kernel = device.backend().kernel(op, specs);
    silence++;
    try (Scope scope = Scope.open()) {
      Map<Buffer, List<Tensor>> written = byMemory(targets);
      List<Tensor> apart = in.stream().map(t -> written.getOrDefault(t.buffer(), List.of()).contains(t) ? t : apart(t, written))
          .toList();
      if (kernel.isPresent()) compute(device, kernel.get(), apart, List.of());
      else updateByDefinition(device, op, apart, targets);
    } finally {
      silence--;
      // also after a failure: some of it may have been written
      for (Tensor target : targets) target.buffer().written();
    }
    return tell(op, in, List.of());
  }

  private static void updateByDefinition(Device device, Update op, List<Tensor> in, List<Tensor> targets) {
    Map<Buffer, List<Tensor>> written = byMemory(targets);
    List<Tensor> values = op.define(in).stream().map(t -> apart(t, written)).toList();
    checked(new Copy(), specs(targets), values);
    for (int i = 0; i < values.size(); i++) {
      Tensor target = targets.get(i);
      kernel(device, new Copy(), List.of(target.spec())).run(List.of(values.get(i)), List.of(target));
    }
  }

  /// A tensor, or a copy of it where it shares memory with one that is about to be written.
  private static Tensor apart(Tensor t, Map<Buffer, List<Tensor>> written) {
    return written.getOrDefault(t.buffer(), List.of()).stream().anyMatch(t::overlaps) ? t.copy() : t;
  }

  /// Tensors by the memory that they lie in: the step of an optimiser has thousands, of which hardly two share any.
  private static Map<Buffer, List<Tensor>> byMemory(List<Tensor> tensors) {
    Map<Buffer, List<Tensor>> all = new IdentityHashMap<>();
    for (Tensor t : tensors) all.computeIfAbsent(t.buffer(), _ -> new ArrayList<>()).add(t);
    return all;
  }

  private static Kernel kernel(Device device, Op op, List<Spec> in) {
    return device.backend().kernel(op, in).orElseThrow(() -> new UnsupportedOpException(
        op.name() + ": no kernel: " + device + ", " + in + "; run it on another device or cast first"));
  }

  /// Runs a kernel on inputs that cannot be closed meanwhile. The outputs are owned by the caller.
  private static List<Tensor> compute(Device device, Kernel kernel, List<Tensor> in, List<Spec> specs) {
    List<Tensor> pinned = new ArrayList<>(in.size());
    List<Tensor> out = new ArrayList<>(specs.size());
    boolean done = false;
    try {
      for (Tensor t : in) pinned.add(t.alias());
      for (int i = 0; i < pinned.size(); i++) {
        if (!kernel.takes(i, pinned.get(i).layout())) pinned.set(i, copied(device, pinned.get(i)));
      }
      List<Layout> layouts = pinned.stream().map(Tensor::layout).toList();
      for (int i = 0; i < specs.size(); i++) out.add(allocate(device, specs.get(i), kernel.layout(i, specs.get(i), layouts)));
      kernel.run(pinned, out);
      done = true;
      return out;
    } finally {
      pinned.forEach(Tensor::close);
      if (!done) out.forEach(Tensor::close);
    }
  }

  /// A contiguous copy in place of a tensor that is closed.
  private static Tensor copied(Device device, Tensor t) {
    try (t) {
      Kernel kernel = kernel(device, new Copy(), List.of(t.spec()));
      Tensor copy = allocate(device, t.spec(), Layout.contiguous(t.shape()));
      boolean done = false;
      try {
        kernel.run(List.of(t), List.of(copy));
        done = true;
        return copy;
      } finally {
        if (!done) copy.close();
      }
    }
  }

  private static Tensor allocate(Device device, Spec spec, Layout layout) {
    return new Tensor(spec, layout, device.backend().allocate(spec.bytes()), device, Tensor.newId());
  }

  private List<Tensor> tell(Op op, List<Tensor> in, List<Tensor> out) {
    if (silence == 0) {
      for (int i = 0; i < listeners.size(); i++) listeners.get(i).applied(op, in, out);
    }
    return out;
  }

  private static List<Tensor> adopt(List<Tensor> tensors) {
    tensors.forEach(Scope::adopt);
    return tensors;
  }

  private static List<Spec> specs(List<Tensor> tensors) { return tensors.stream().map(Tensor::spec).toList(); }
}
