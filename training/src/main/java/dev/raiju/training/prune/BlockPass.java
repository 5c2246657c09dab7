package dev.raiju.training.prune;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockText;
import dev.raiju.models.dit.RotaryTables;
import dev.raiju.models.dit.TokenGrid;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A forward pass that takes all batches through one block before it goes on to the next: every block is needed once, however many
/// batches there are. What is kept between blocks is the residual stream of each batch.
public final class BlockPass {
  private BlockPass() {}

  /// Sees blocks at work.
  public interface Visitor {
    /// Before the batches go through a block, and again at every pass.
    default void enter(int index, WanBlock block) {}

    /// Runs a block on a batch; whoever replaces it calls it.
    default Tensor run(int index, WanBlock block, BlockInputs in, Calibration.Batch batch) { return block.forward(in); }

    /// After the batches went through a block.
    default void leave(int index, WanBlock block) {}
  }

  /// A batch on its way.
  private record Way(Calibration.Batch batch, TokenGrid grid, Tensor embedding, BlockInputs in) {
    Way with(Tensor x) { return new Way(batch, grid, embedding, new BlockInputs(x, in.modulation(), in.text(), in.rope())); }
  }

  /// Runs a transformer.
  ///
  /// @return its velocity for each batch
  /// @throws IOException if a block cannot be read
  public static List<Tensor> run(BlockSource model, List<Calibration.Batch> batches, Visitor visitor) throws IOException {
    WanTransformer frame = model.frame();
    List<RotaryTables> tables = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      List<Way> ways = new ArrayList<>();
      for (Calibration.Batch batch : batches) ways.add(begin(model.config(), frame, batch, tables));
      for (int i = 0; i < model.config().layers(); i++) {
        int index = i;
        model.with(index, block -> {
          visitor.enter(index, block);
          ways.replaceAll(way -> through(index, block, way, visitor));
          visitor.leave(index, block);
          return block;
        });
      }
      return ways.stream().map(way -> scope.keep(frame.unpatchify(frame.head().forward(way.in().x(), way.embedding()), way
          .grid()))).toList();
    } finally {
      tables.forEach(RotaryTables::close);
    }
  }

  private static Way begin(WanConfig config, WanTransformer frame, Calibration.Batch batch, List<RotaryTables> tables) {
    TokenGrid grid = TokenGrid.of(batch.x().shape(), config);
    RotaryTables rope = RotaryTables.of(grid, config, batch.x().dtype(), batch.x().device());
    tables.add(rope);
    try (Scope scope = Scope.open()) {
      Tensor embedding = scope.keep(frame.time().embed(frame.time().sinusoid(batch.sigma().mul(1000))));
      Tensor modulation = scope.keep(frame.time().project(embedding));
      BlockText text = new BlockText.Embedded(scope.keep(frame.text().forward(batch.context())));
      return new Way(batch, grid, embedding, new BlockInputs(scope.keep(frame.patches().forward(batch.x())), modulation, text,
          rope));
    }
  }

  private static Way through(int index, WanBlock block, Way way, Visitor visitor) {
    Tensor before = way.in().x();
    Tensor after = visitor.run(index, block, way.in(), way.batch());
    before.close();
    return way.with(after);
  }
}
