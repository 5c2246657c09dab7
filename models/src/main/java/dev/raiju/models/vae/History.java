package dev.raiju.models.vae;

import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// What memory blocks know of the frames before those that they are given.
interface History {
  /// Nothing: the frames are a clip from its beginning.
  History NONE = (_, x) -> late(x, x.slice(1, 0, 0));

  /// The input of a block, one frame late.
  ///
  /// @param x `[B, T, C, H, W]`
  Tensor before(MemoryBlock block, Tensor x);

  /// All frames of `x` but the last, after those of `first`, or after zeros if there are none.
  private static Tensor late(Tensor x, Tensor first) {
    Tensor rest = x.slice(1, 0, x.size(1) - 1);
    return first.size(1) == 0 ? rest.pad(1, 1, 0) : Tensor.concat(1, first, rest);
  }

  /// What was remembered is given, and what to remember is asked for: for code without a state of its own.
  final class Given implements History {
    private final List<Tensor> past;
    private final List<Tensor> next = new ArrayList<>();

    /// @param past the last frame that each block saw, in the order in which they run; none at the beginning of a clip
    Given(List<Tensor> past) { this.past = past; }

    @Override
    public Tensor before(MemoryBlock block, Tensor x) {
      Tensor result = late(x, past.isEmpty() ? x.slice(1, 0, 0) : past.get(next.size()));
      // a copy: a view would keep all frames of the piece
      next.add(x.slice(1, x.size(1) - 1, 1).copy().alias());
      return result;
    }

    /// The same for the next piece, owned by the caller.
    List<Tensor> next() { return List.copyOf(next); }
  }

  /// Remembers the last frame that each block saw.
  final class Stream implements History, AutoCloseable {
    private final Map<MemoryBlock, Tensor> last = new IdentityHashMap<>();

    @Override
    public Tensor before(MemoryBlock block, Tensor x) {
      Tensor known = last.get(block);
      Tensor result = late(x, known == null ? x.slice(1, 0, 0) : known);
      Tensor kept = x.slice(1, x.size(1) - 1, 1).alias();
      if (known != null) known.close();
      last.put(block, kept);
      return result;
    }

    @Override
    public void close() { last.values().forEach(Tensor::close); }
  }
}
