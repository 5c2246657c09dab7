package dev.raiju.training.prune;

import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/// The blocks of a transformer in a file. Matrices that the file holds in a type to compute with stay mapped; what is copied goes with
/// its block.
record BlockFile(WeightsReader reader, WanConfig config, WanTransformer frame, Device device) implements BlockSource {
  @Override
  public <T> T with(int index, Function<WanBlock, T> work) throws IOException {
    // names and shapes of this block alone
    WanConfig alone = config.withBlocks(List.of(config.block(index)));
    try (WanTransformer shapes = WanTransformer.create(alone, Initializer.shapes(device));
        WanBlock block = reader.part("blocks." + index + ".").load(shapes.blocks().getFirst(), device)) {
      return work.apply(block);
    }
  }

  @Override
  public void close() { frame.close(); }
}
