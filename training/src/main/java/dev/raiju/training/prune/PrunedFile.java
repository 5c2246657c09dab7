package dev.raiju.training.prune;

import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.Nearest;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What is left of a transformer, as a file that is made while it is read: of one block at a time the tensors are in memory. To be
/// written by [dev.raiju.tensor.io.SafeTensors#contents(TensorFile, Map)].
///
/// Tensors have the types of their source. Not for use by several threads.
public final class PrunedFile implements TensorFile {
  private final BlockSource source;
  private final Kept kept;
  private final WanConfig config;
  private final List<WanBlock> refitted;
  private final Map<String, String> ours = new HashMap<>();
  private final Map<String, Spec> specs = new LinkedHashMap<>();
  private @Nullable WanBlock block;
  private int blockIndex;

  private PrunedFile(BlockSource source, Kept kept, List<WanBlock> refitted) {
    this.source = source;
    this.kept = kept;
    this.config = kept.of(source.config());
    this.refitted = List.copyOf(refitted);
  }

  /// @param source stays with the caller, and open
  /// @param refitted the blocks that stay with other weights, or none: then they are cut out of the source
  /// @throws IllegalArgumentException if the source has not what is kept
  /// @throws IOException if a block cannot be read
  public static PrunedFile of(BlockSource source, Kept kept, List<WanBlock> refitted) throws IOException {
    PrunedFile file = new PrunedFile(source, kept, refitted);
    List<Integer> indices = kept.indices();
    if (!refitted.isEmpty() && refitted.size() != indices.size())
      throw new IllegalArgumentException("prune: " + refitted.size() + " refitted blocks; needs " + indices.size());
    source.frame().parameters().forEach((name, t) -> {
      if (!name.startsWith("blocks.")) file.put(name, t.spec());
    });
    for (int i = 0; i < indices.size(); i++) file.putBlock(i, indices.get(i));
    return file;
  }

  private void put(String mine, Spec spec) {
    String name = WanWeights.names().theirs(WanWeights.DIFFUSERS, mine);
    ours.put(name, mine);
    specs.put(name, spec);
  }

  /// What block `index` will have, from the shapes of such a block and the types of the whole one.
  private void putBlock(int index, int whole) throws IOException {
    WanConfig alone = config.withBlocks(List.of(config.block(index)));
    source.with(whole, block -> {
      try (WanTransformer shapes = WanTransformer.create(alone, Initializer.shapes(Device.reference()))) {
        Map<String, Tensor> types = block.parameters();
        shapes.blocks().getFirst().parameters().forEach((name, t) -> put("blocks." + index + "." + name, new Spec(Objects
            .requireNonNull(types.get(name)).dtype(), t.shape())));
      }
      return block;
    });
  }

  /// The sizes of what is left.
  public WanConfig config() { return config; }

  @Override
  public Map<String, Spec> entries() { return Collections.unmodifiableMap(specs); }

  @Override
  public Map<String, String> metadata() { return Map.of(); }

  @Override
  public Spec spec(String name) throws ModelFormatException {
    Spec spec = specs.get(name);
    if (spec == null)
      throw new ModelFormatException(Reason.TENSOR_MISSING, toString(), name + ": not in the model" + new Nearest(name, specs
          .keySet()));
    return spec;
  }

  /// A copy, of the caller.
  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    spec(name);
    String mine = Objects.requireNonNull(ours.get(name));
    Map<String, Tensor> around = source.frame().parameters();
    Tensor found = mine.startsWith("blocks.") ? inBlock(mine) : around.get(mine);
    return Objects.requireNonNull(found).to(device).alias();
  }

  private @Nullable Tensor inBlock(String mine) {
    int dot = mine.indexOf('.', "blocks.".length());
    int index = Integer.parseInt(mine.substring("blocks.".length(), dot));
    WanBlock of = refitted.isEmpty() ? cut(index) : refitted.get(index);
    return of.parameters().get(mine.substring(dot + 1));
  }

  private WanBlock cut(int index) {
    WanBlock last = block;
    if (last != null && blockIndex == index) return last;
    close();
    try {
      int whole = kept.indices().get(index);
      WanBlock made = source.with(whole, from -> Pruner.prune(from, kept.blocks().get(whole)));
      block = made;
      blockIndex = index;
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Lets go of the last block; the source stays open.
  @Override
  public void close() {
    if (block != null) block.close();
    block = null;
  }

  @Override
  public String toString() { return "pruned transformer"; }
}
