package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig;
import java.util.HashSet;
import java.util.List;

/// What of a transformer stays when it is pruned: which heads and neurons of each block. How they were chosen is somebody else's
/// business, see [Importance].
///
/// All blocks keep as many, so that the result is again a transformer with one [WanConfig].
///
/// @param blocks first to last
public record Kept(List<Block> blocks) {
  /// What of a block stays. The result has heads and neurons in this order.
  ///
  /// @param selfHeads of self attention, from 0
  /// @param crossHeads of cross attention
  /// @param neurons of the feed-forward network
  public record Block(List<Integer> selfHeads, List<Integer> crossHeads, List<Integer> neurons) {
    public Block {
      selfHeads = List.copyOf(selfHeads);
      crossHeads = List.copyOf(crossHeads);
      neurons = List.copyOf(neurons);
    }
  }

  public Kept { blocks = List.copyOf(blocks); }

  /// The sizes of what is left of a transformer.
  ///
  /// @throws IllegalArgumentException if `whole` has no such heads or neurons, one is named twice, or blocks keep different numbers
  public WanConfig of(WanConfig whole) {
    if (blocks.size() != whole.layers() || blocks.isEmpty()) {
      throw new IllegalArgumentException("prune: " + blocks.size() + " blocks are kept; the transformer has " + whole.layers());
    }
    int heads = blocks.getFirst().selfHeads().size();
    int neurons = blocks.getFirst().neurons().size();
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      check("heads of self attention in block " + i, block.selfHeads(), heads, whole.heads());
      check("heads of cross attention in block " + i, block.crossHeads(), heads, whole.heads());
      check("neurons in block " + i, block.neurons(), neurons, whole.ffn());
    }
    return whole.withHeads(heads).withFfn(neurons);
  }

  /// @param count how many the first block keeps
  /// @param whole how many there are
  private static void check(String what, List<Integer> kept, int count, int whole) {
    if (kept.isEmpty()) throw new IllegalArgumentException("prune: 0 " + what + "; needs 1 or more");
    if (kept.size() != count)
      throw new IllegalArgumentException("prune: " + kept.size() + " " + what + "; needs " + count + " everywhere");
    var seen = new HashSet<Integer>();
    for (int index : kept) {
      if (index < 0 || index >= whole) {
        throw new IllegalArgumentException("prune: " + what + ": index " + index + "; there are " + whole);
      }
      if (!seen.add(index)) throw new IllegalArgumentException("prune: " + what + ": index " + index + " twice");
    }
  }
}
