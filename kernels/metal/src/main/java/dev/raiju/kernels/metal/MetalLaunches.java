package dev.raiju.kernels.metal;

import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.DeviceBuffer;
import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.UnsupportedOpException;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.graph.Graph;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.op.Op;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a GPU of Apple is asked to do for an operation, found without one: the launches that the Metal backend makes, written down.
/// Shapes are static, so that nothing else differs between runs than where values lie.
///
/// ```java
/// Graph graph = …;                                            // captured and planned for MetalLaunches.device()
/// for (Node node : graph.nodes()) show(MetalLaunches.of(graph, node));
/// ```
public final class MetalLaunches {
  /// What every kernel file is compiled behind.
  public static final String COMMON = "device";

  private static final Device DEVICE = Device.of(new Chooser(new GpuBackend("metal", new Recorder(0))));
  // places of two recordings: what differs between them is an address
  private static final long FIRST = 1L << 60;
  private static final long SECOND = 1L << 61;
  // the most bytes of a value, and of what kernels take for themselves
  private static final long ROOM = 1L << 40;

  private MetalLaunches() {}

  /// A device that chooses kernels as Metal does, to capture and to plan for. None of them runs.
  public static Device device() { return DEVICE; }

  /// One launch of a kernel.
  ///
  /// @param file that the kernel is in
  /// @param x threadgroups along the first axis, as are `y` and `z` along the others
  /// @param threads of a threadgroup
  /// @param arguments the kernel's struct, zeros where addresses go
  /// @param addresses to be put in
  public record Launch(String file, String kernel, int x, int y, int z, int threads, ByteBuffer arguments,
      List<Address> addresses) {}

  /// An address among arguments.
  ///
  /// @param at where it goes, in bytes
  /// @param value that it leads to, by its number in the graph; [#SCRATCH] for what the operation takes for itself
  /// @param offset from there, in bytes
  public record Address(int at, int value, long offset) {
    /// In place of a value's number: memory that is needed only until the operation is done.
    public static final int SCRATCH = -1;
  }

  /// The launches of one operation, in order.
  ///
  /// @param scratchBytes that it needs for itself
  public record Lowered(List<Launch> launches, long scratchBytes) {}

  /// The launches of a node. Indices that it gathers by are not looked at there: who runs them must.
  ///
  /// @throws UnsupportedOpException if there is no kernel for it
  public static Lowered of(Graph graph, Node node) {
    Recorder first = recorded(graph, node, FIRST);
    Recorder second = recorded(graph, node, SECOND);
    List<Launch> launches = new ArrayList<>();
    for (int i = 0; i < first.noted.size(); i++) launches.add(first.noted.get(i).joined(second.noted.get(i)));
    return new Lowered(launches, first.scratch);
  }

  private static Recorder recorded(Graph graph, Node node, long base) {
    Recorder recorder = new Recorder(base);
    GpuBackend backend = new GpuBackend("metal", recorder);
    Kernel kernel = backend.kernel(node.op(), node.specs()).orElseThrow(() -> new UnsupportedOpException("metal: " + node.op()
        .name() + ": no kernel: " + node.specs()));
    Device device = Device.of(backend);
    Map<Integer, DeviceBuffer> buffers = new HashMap<>();
    try (Scope _ = Scope.open()) {
      kernel.run(tensors(graph, node.in(), buffers, recorder, device), tensors(graph, node.out(), buffers, recorder, device));
    } finally {
      buffers.values().forEach(DeviceBuffer::close);
    }
    return recorder;
  }

  private static List<Tensor> tensors(Graph graph, List<Use> uses, Map<Integer, DeviceBuffer> buffers, Recorder recorder,
      Device device) {
    List<Tensor> tensors = new ArrayList<>();
    for (Use use : uses) {
      DeviceBuffer buffer = buffers.computeIfAbsent(use.value(), value -> recorder.value(value, graph.values().get(value)
          .bytes()));
      buffer.retain();
      tensors.add(Tensor.over(use.dtype(), use.layout(), buffer, device));
    }
    return tensors;
  }

  /// The text of a file with kernels, or of [#COMMON].
  public static String source(String file) {
    try (InputStream in = MetalLaunches.class.getResourceAsStream(file + ".metal")) {
      if (in == null) throw new IllegalStateException("metal: " + file + ".metal is missing from the jar");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Chooser(GpuBackend real) implements HostBackend {
    @Override
    public String name() { return real.name(); }

    @Override
    public String describe() { return "chooses kernels for " + real.name() + ", runs none"; }

    @Override
    public boolean narrowsAttention(List<Spec> in) { return real.narrowsAttention(in); }

    @Override
    public Optional<Kernel> kernel(Op op, List<Spec> in) { return real.kernel(op, in); }
  }

  private record Noted(String file, String kernel, Grid grid, ByteBuffer arguments) {
    /// One launch of two recordings of it.
    Launch joined(Noted other) {
      boolean same = kernel.equals(other.kernel) && file.equals(other.file) && grid.equals(other.grid) && arguments
          .remaining() == other.arguments.remaining();
      List<Address> addresses = new ArrayList<>();
      ByteBuffer plain = ByteBuffer.allocate(arguments.remaining()).order(arguments.order());
      for (int at = 0; same && at < arguments.remaining(); at += Long.BYTES) {
        long word = arguments.getLong(at);
        long moved = other.arguments.getLong(at) - word;
        plain.putLong(at, moved == 0 ? word : 0);
        if (moved == 0) continue;
        same = moved == SECOND - FIRST;
        addresses.add(new Address(at, Math.toIntExact((word - FIRST) / ROOM) - 1, (word - FIRST) % ROOM));
      }
      if (!same) throw new IllegalStateException("metal: " + kernel + ": its launch depends on where values lie");
      return new Launch(file, kernel, grid.x(), grid.y(), grid.z(), grid.threads(), plain, List.copyOf(addresses));
    }
  }

  /// Writes launches down. Each value lies [#ROOM] bytes after the one before it; before all of them is what kernels take.
  private static final class Recorder implements AppleGpu {
    // what the pool of the real one keeps to
    private static final long ALIGNMENT = 256;

    private final long base;
    private final List<Noted> noted = new ArrayList<>();
    private long next;
    private boolean isValue;
    private long scratch;

    Recorder(long base) { this.base = base; }

    @Override
    public String describe() { return "writes launches down"; }

    @Override
    public boolean checksIndices() { return false; }

    DeviceBuffer value(int number, long bytes) {
      if (bytes > ROOM) throw new IllegalArgumentException("metal: a value of " + bytes + " bytes; at most " + ROOM);
      isValue = true;
      next = base + (number + 1L) * ROOM;
      try {
        return allocate(bytes);
      } finally {
        isValue = false;
      }
    }

    @Override
    public long reserve(long bytes) {
      if (isValue) return next;
      long address = base + scratch;
      scratch += (bytes + ALIGNMENT - 1) & -ALIGNMENT;
      return address;
    }

    @Override
    public void free(long address) {}

    @Override
    public void write(long target, MemorySegment source) {
      if (source.byteSize() > CARRIED_BYTES)
        throw new UnsupportedOperationException("metal: " + source.byteSize()
            + " bytes from the host; no launch brings more than "
            + CARRIED_BYTES);
      carry(target, source);
    }

    @Override
    public void read(long source, MemorySegment target) {
      throw new UnsupportedOperationException("metal: launches are written down, and nobody waits for them");
    }

    @Override
    public void launch(String file, String kernel, Grid grid, int sharedBytes, Arguments arguments) {
      if (grid.x() == 0 || grid.y() == 0 || grid.z() == 0) return;
      noted.add(new Noted(file, kernel, grid, arguments.done()));
    }
  }
}
