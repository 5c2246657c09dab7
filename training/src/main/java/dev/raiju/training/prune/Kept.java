package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfig.BlockSizes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;

/// What of a transformer stays when it is pruned: which blocks, and which heads and neurons of each. How they were chosen is
/// somebody else's business, see [Selection].
///
/// @param blocks first to last, one for each that the transformer has
public record Kept(List<Block> blocks) {
  /// What of a block stays. The result has heads and neurons in this order.
  ///
  /// @param selfHeads of self attention, from 0
  /// @param crossHeads of cross attention
  /// @param neurons of the feed-forward network
  public record Block(List<Integer> selfHeads, List<Integer> crossHeads, List<Integer> neurons) {
    /// A block that goes as a whole: the residual stream passes it by.
    public static final Block GONE = new Block(List.of(), List.of(), List.of());

    public Block {
      selfHeads = List.copyOf(selfHeads);
      crossHeads = List.copyOf(crossHeads);
      neurons = List.copyOf(neurons);
    }

    /// All of a block.
    static Block whole(BlockSizes sizes) {
      return new Block(all(sizes.selfHeads()), all(sizes.crossHeads()), all(sizes.ffn()));
    }

    private static List<Integer> all(int count) { return IntStream.range(0, count).boxed().toList(); }

    BlockSizes sizes() { return new BlockSizes(selfHeads.size(), crossHeads.size(), neurons.size()); }
  }

  public Kept { blocks = List.copyOf(blocks); }

  /// Some blocks as they are, and the others not at all.
  ///
  /// @param indices of the blocks that stay
  public static Kept blocks(WanConfig whole, List<Integer> indices) {
    return new Kept(IntStream.range(0, whole.layers()).mapToObj(i -> indices.contains(i)
        ? Block.whole(whole.block(i))
        : Block.GONE).toList());
  }

  /// The blocks of which something stays.
  public List<Integer> indices() {
    return IntStream.range(0, blocks.size()).filter(i -> !blocks.get(i).equals(Block.GONE)).boxed().toList();
  }

  /// The sizes of what is left of a transformer.
  ///
  /// @throws IllegalArgumentException if `whole` has no such heads or neurons, one is named twice, or nothing stays
  public WanConfig of(WanConfig whole) {
    if (blocks.size() != whole.layers() || blocks.isEmpty()) {
      throw new IllegalArgumentException("prune: " + blocks.size() + " blocks are kept; the transformer has " + whole.layers());
    }
    List<BlockSizes> sizes = new ArrayList<>();
    for (int i : indices()) {
      Block block = blocks.get(i);
      BlockSizes has = whole.block(i);
      check("heads of self attention in block " + i, block.selfHeads(), has.selfHeads());
      check("heads of cross attention in block " + i, block.crossHeads(), has.crossHeads());
      check("neurons in block " + i, block.neurons(), has.ffn());
      sizes.add(block.sizes());
    }
    if (sizes.isEmpty()) throw new IllegalArgumentException("prune: nothing of " + whole.layers() + " blocks; needs 1 or more");
    return whole.withBlocks(sizes);
  }

  /// @param whole how many there are
  private static void check(String what, List<Integer> kept, int whole) {
    if (kept.isEmpty()) throw new IllegalArgumentException("prune: 0 " + what + "; needs 1 or more");
    var seen = new HashSet<Integer>();
    for (int index : kept) {
      if (index < 0 || index >= whole) {
        throw new IllegalArgumentException("prune: " + what + ": index " + index + "; there are " + whole);
      }
      if (!seen.add(index)) throw new IllegalArgumentException("prune: " + what + ": index " + index + " twice");
    }
  }
}
