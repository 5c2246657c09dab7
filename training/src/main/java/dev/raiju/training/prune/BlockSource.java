package dev.raiju.training.prune;

import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// A transformer whose blocks are asked for one at a time: one in memory, or one in a file, of which no more than a block is read at
/// once.
public interface BlockSource extends AutoCloseable {
  WanConfig config();

  /// The transformer without blocks. It belongs to the source.
  WanTransformer frame();

  /// Does something with block `index`, which may be gone afterwards.
  ///
  /// @throws IOException if it cannot be read
  <T> T with(int index, Function<WanBlock, T> work) throws IOException;

  @Override
  void close();

  /// A transformer in memory, which stays with the caller.
  static BlockSource of(WanTransformer model) {
    return new BlockSource() {
      @Override
      public WanConfig config() { return model.config(); }

      @Override
      public WanTransformer frame() { return model; }

      @Override
      public <T> T with(int index, Function<WanBlock, T> work) { return work.apply(model.blocks().get(index)); }

      @Override
      public void close() {}
    };
  }

  /// A transformer in a file, which stays with the caller, and open.
  ///
  /// @throws dev.raiju.tensor.io.ModelFormatException if what is around the blocks is not there
  static BlockSource of(TensorFile file, WanConfig config, Device device) throws IOException {
    WeightsReader reader = new WeightsReader(file, WanWeights.names());
    WanTransformer frame;
    Map<String, Tensor> around = new HashMap<>();
    try (WanTransformer shapes = WanTransformer.create(config.withBlocks(List.of()), Initializer.shapes(device))) {
      Map<String, Module<?>> parts = Map.of("patches.", shapes.patches(), "text.", shapes.text(), "time.", shapes.time(), "head.",
          shapes.head());
      for (var part : parts.entrySet()) load(reader, part.getKey(), part.getValue(), device, around);
      frame = shapes.map((name, _, _) -> around.getOrDefault(name, shapes.head().modulation()));
    } catch (IOException | RuntimeException | Error e) {
      around.values().forEach(Tensor::close);
      throw e;
    }
    return new BlockFile(reader, config, frame, device);
  }

  private static <M extends Module<M>> void load(WeightsReader reader, String prefix, Module<M> part, Device device,
      Map<String, Tensor> loaded) throws IOException {
    @SuppressWarnings("unchecked") // a module is of its own type
    M own = (M) part;
    reader.part(prefix).load(own, device).parameters().forEach((name, t) -> loaded.put(prefix + name, t));
  }
}
