package dev.raiju.tensor.graph;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// A computation as data: what goes in, the operations in an order in which they can run, and what comes out. All shapes are known.
///
/// Views are no operations here: each use of a value says how it looks at the value's memory.
///
/// @param values by number
/// @param nodes each after those whose values it uses
/// @param outputs by name
public record Graph(List<Value> values, List<Node> nodes, SequencedMap<String, Use> outputs) {
  public Graph {
    values = List.copyOf(values);
    nodes = List.copyOf(nodes);
    outputs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(outputs));
  }

  /// A block of memory that holds one result, or what was there before.
  public sealed interface Value {
    /// Its size.
    long bytes();

    /// Given anew for every run.
    record Input(String name, Spec spec) implements Value {
      @Override
      public long bytes() { return spec.bytes(); }
    }

    /// The same for every run.
    ///
    /// @param held its contents, where the capture saw them
    record Weight(String name, Spec spec, Optional<HostBuffer> held) implements Value {
      @Override
      public long bytes() { return spec.bytes(); }
    }

    /// Numbers that the captured code wrote down itself.
    record Constant(MemorySegment contents) implements Value {
      @Override
      public long bytes() { return contents.byteSize(); }
    }

    /// What a node gives.
    record Computed(long bytes) implements Value {}
  }

  /// A look at a value.
  ///
  /// @param value its number
  /// @param layout in the value's memory
  public record Use(int value, DType dtype, Layout layout) {
    /// Type and shape.
    public Spec spec() { return new Spec(dtype, layout.shape()); }
  }

  /// An operation with all its operands.
  public record Node(Op op, List<Use> in, List<Use> out) {
    public Node {
      in = List.copyOf(in);
      out = List.copyOf(out);
    }

    /// Types and shapes of the inputs.
    public List<Spec> specs() { return in.stream().map(Use::spec).toList(); }
  }

  /// The same without operations that nothing needs.
  public Graph needed() {
    boolean[] used = new boolean[values.size()];
    outputs.values().forEach(use -> used[use.value()] = true);
    List<Node> kept = new ArrayList<>();
    for (Node node : nodes.reversed()) {
      if (node.out().stream().noneMatch(out -> used[out.value()])) continue;
      node.in().forEach(in -> used[in.value()] = true);
      kept.add(node);
    }
    return new Graph(values, kept.reversed(), outputs);
  }
}
