package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.backend.BlockPool;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/// What a computation takes from the pool at one time, known before it runs: the sizes of its blocks.
record Needs(List<Long> blocks) {
  static final Needs NONE = new Needs(List.of());

  /// What a [Scratch] takes that is given to `work`.
  static Needs of(Consumer<Pieces> work) {
    List<Long> blocks = new ArrayList<>(1);
    work.accept(new Pieces() {
      private long left;

      @Override
      public long take(long floats) {
        long bytes = Scratch.pieceBytes(floats);
        if (left < bytes) {
          left = BlockPool.footprint(Scratch.blockBytes(bytes));
          blocks.add(left);
        }
        left -= bytes;
        return 0;
      }
    });
    return new Needs(blocks);
  }

  /// Both at once.
  Needs with(Needs other) {
    List<Long> both = new ArrayList<>(blocks);
    both.addAll(other.blocks);
    return new Needs(both);
  }

  /// Several at once.
  Needs times(int count) {
    return new Needs(Collections.nCopies(count, blocks).stream().flatMap(List::stream).toList());
  }

  /// One after the other: the larger of the two.
  Needs or(Needs other) { return bytes() >= other.bytes() ? this : other; }

  long bytes() { return blocks.stream().mapToLong(bytes -> bytes).sum(); }
}
