package dev.raiju.models.vae;

import dev.raiju.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/// What the layers of a causal autoencoder know of the frames before those that they are given.
interface Past {
  /// Nothing: what is given is a whole clip.
  Past NONE = new Past() {
    @Override
    public Tensor joined(CausalConvolution layer, Tensor x, long frames) { return x; }

    @Override
    public boolean begins(Object layer) { return true; }
  };

  /// What a layer is given, behind the last frames that it was given before: `frames` of them, or fewer at the beginning of a clip.
  ///
  /// @param x `[B, C, T, H, W]`
  Tensor joined(CausalConvolution layer, Tensor x, long frames);

  /// Whether a layer is given the beginning of a clip. To be asked once for each piece.
  boolean begins(Object layer);

  /// Remembers the last frames that each layer was given.
  final class Stream implements Past, AutoCloseable {
    private final Map<CausalConvolution, Tensor> last = new IdentityHashMap<>();
    private final Set<Object> begun = Collections.newSetFromMap(new IdentityHashMap<>());

    @Override
    public Tensor joined(CausalConvolution layer, Tensor x, long frames) {
      Tensor known = last.get(layer);
      Tensor joined = known == null ? x : Tensor.concat(2, known, x);
      long kept = Math.min(frames, joined.size(2));
      // a copy: a view would keep all frames of the piece
      last.put(layer, joined.slice(2, joined.size(2) - kept, kept).copy().alias());
      if (known != null) known.close();
      return joined;
    }

    @Override
    public boolean begins(Object layer) { return begun.add(layer); }

    @Override
    public void close() {
      last.values().forEach(Tensor::close);
      last.clear();
    }
  }
}
