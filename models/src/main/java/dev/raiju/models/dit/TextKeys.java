package dev.raiju.models.dit;

import java.util.List;

/// The keys and values that all blocks make from a prompt. They depend on nothing else: made once, they serve every step of every
/// clip of that prompt. Close it when the prompt is done.
///
/// @param blocks for each block
public record TextKeys(List<BlockText.Keys> blocks) implements AutoCloseable {
  public TextKeys { blocks = List.copyOf(blocks); }

  @Override
  public void close() {
    for (BlockText.Keys keys : blocks) {
      keys.key().close();
      keys.value().close();
    }
  }
}
