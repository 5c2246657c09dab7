package dev.raiju.tensor.graph;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.op.Fill;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.ToDevice;
import dev.raiju.tensor.op.Update;
import dev.raiju.tensor.op.View;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// Writes down what code does with tensors, without computing anything: the way from a model to a [Graph].
///
/// ```java
/// try (Capture capture = Capture.on(Device.best())) {
///   WanTransformer model = folder.transformer(capture.device());
///   capture.weights(model.parameters());
///   Tensor latent = capture.input("latent", Spec.of(DType.F32, 1, 16, 5, 8, 8)); …
///   Graph graph = capture.graph(outputs("velocity", model.forward(latent, timestep, context)));
/// }
/// ```
/// It hears one thread, from its opening to its end. Operations are those that the real device has a kernel for; others appear as
/// their definitions. What code reads from tensors is not known here, so reading throws: whatever differs between runs (a noise
/// level, random numbers) goes in as an input.
public final class Capture implements AutoCloseable, Trace.Listener {
  private final PlanningBackend backend;
  private final Device device;
  private final Trace.Registration registration;
  private final List<Value> values = new ArrayList<>();
  private final Map<Buffer, Integer> numbers = new IdentityHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  // inputs and weights live as long as the capture, whatever scope is open when they are declared
  private final List<Tensor> kept = new ArrayList<>();

  private Capture(PlanningBackend backend) {
    this.backend = backend;
    this.device = Device.of(backend);
    this.registration = Trace.listen(this);
  }

  /// Begins to listen to this thread.
  ///
  /// @param real the device that the computation is for
  /// @throws IllegalArgumentException if it does not compute in host memory
  public static Capture on(Device real) {
    if (real.backend() instanceof HostBackend host) return new Capture(PlanningBackend.remembering(host));
    throw new IllegalArgumentException("capture: " + real + " does not compute in host memory; capture for another device");
  }

  /// The device to compute on.
  public Device device() { return device; }

  /// A tensor that is given anew for every run.
  public Tensor input(String name, Spec spec) {
    Tensor tensor = Trace.silently(() -> Trace.create(device, new Fill(spec, 0)));
    kept.add(tensor.alias());
    add(tensor.buffer(), new Value.Input(name, spec));
    return tensor;
  }

  /// Names tensors that stay the same for every run: a model's parameters, made on this device.
  ///
  /// @throws ShapeException if one of them is a view with gaps
  public void weights(Map<String, Tensor> parameters) {
    parameters.forEach((name, tensor) -> {
      if (!tensor.layout().isContiguous() || tensor.layout().offset() != 0)
        throw new ShapeException("capture: weight %s is a view, %s; needs a tensor of its own", name, tensor.layout());
      kept.add(tensor.alias());
      add(tensor.buffer(), new Value.Weight(name, tensor.spec(), held(tensor.buffer())));
    });
  }

  private static Optional<HostBuffer> held(Buffer buffer) {
    return buffer instanceof HostBuffer host ? Optional.of(host) : Optional.empty();
  }

  private int add(Buffer buffer, Value value) {
    Integer known = numbers.get(buffer);
    if (known != null) {
      values.set(known, value);
      return known;
    }
    numbers.put(buffer, values.size());
    values.add(value);
    return values.size() - 1;
  }

  /// All that was heard so far and that these outputs need.
  ///
  /// @throws IllegalStateException if they need something that a plan cannot hold
  public Graph graph(SequencedMap<String, Tensor> outputs) {
    SequencedMap<String, Use> uses = new LinkedHashMap<>();
    outputs.forEach((name, tensor) -> uses.put(name, use("output " + name, tensor)));
    // a weight that was made by operations here is a weight: what made it does not matter
    List<Node> computing = nodes.stream().filter(node -> node.out().stream().allMatch(out -> values.get(out
        .value()) instanceof Value.Computed)).toList();
    Graph graph = new Graph(values, computing, uses).needed();
    for (Node node : graph.nodes()) refuse(node.op());
    return graph;
  }

  private static void refuse(Op op) {
    if (op instanceof RandomDraw)
      throw new IllegalStateException("capture: " + op.name() + ": every run would draw the same numbers; give them as an input");
    if (op instanceof Update)
      throw new IllegalStateException("capture: " + op.name()
          + ": writes into its inputs; a plan holds operations that give something"
          + " new");
  }

  @Override
  public void applied(Op op, List<Tensor> in, List<Tensor> out) {
    boolean here = in.stream().anyMatch(t -> t.device() == device) || out.stream().anyMatch(t -> t.device() == device);
    if (!here || op instanceof View || op instanceof ToDevice) return;
    List<Use> operands = in.stream().map(t -> use(op.name(), t)).toList();
    if (op instanceof Update) refuse(op);
    List<Use> results = out.stream().map(t -> new Use(add(t.buffer(), new Value.Computed(t.spec().bytes())), t.dtype(), t
        .layout())).toList();
    nodes.add(new Node(op, operands, results));
  }

  /// What the device has no kernel for is heard in its parts.
  @Override
  public boolean expands(Fused op, List<Tensor> in) {
    return !in.isEmpty() && in.getFirst().device() == device && backend.kernel(op, in.stream().map(Tensor::spec).toList())
        .isEmpty();
  }

  private Use use(String what, Tensor tensor) { return new Use(number(what, tensor), tensor.dtype(), tensor.layout()); }

  private int number(String what, Tensor tensor) {
    Buffer buffer = tensor.buffer();
    Integer known = numbers.get(buffer);
    if (known != null) return known;
    if (buffer instanceof HostBuffer host)
      return add(buffer, new Value.Weight("weight " + values.size(), tensor.spec(), Optional.of(host)));
    return backend.contents(buffer).map(contents -> add(buffer, new Value.Constant(contents)))
        .orElseThrow(() -> new IllegalStateException("capture: " + what + ": uses a tensor " + tensor.spec()
            + " that was computed before the capture or unheard; compute it inside, or give it as an input"));
  }

  /// Stops listening. Graphs stay what they are.
  @Override
  public void close() {
    registration.close();
    kept.forEach(Tensor::close);
  }
}
