package dev.raiju.models.text;

import dev.raiju.tensor.ShapeException;

/// The sizes of a [Umt5Encoder].
///
/// @param vocabulary rows of the embedding
/// @param dim width of the residual stream
/// @param heads of attention
/// @param headWidth width of a head; `heads · headWidth` need not be `dim`
/// @param ffn inner width of the gated feed-forward network
/// @param layers how many blocks
/// @param buckets into how many kinds distances between tokens fall, half for each direction
/// @param maxDistance from which distance on all fall into the last one
/// @param eps of all norms
public record Umt5Config(int vocabulary, int dim, int heads, int headWidth, int ffn, int layers, int buckets, int maxDistance,
    float eps) {
  /// The encoder that Wan 2.1 was trained with.
  public static final Umt5Config XXL = new Umt5Config(256384, 4096, 64, 64, 10240, 24, 32, 128, 1e-6f);

  public Umt5Config {
    if (vocabulary < 1 || dim < 1 || heads < 1 || headWidth < 1 || ffn < 1 || layers < 0) {
      throw new ShapeException("umt5: sizes must be positive: vocabulary %d, dim %d, heads %d x %d, ffn %d, layers %d",
          vocabulary, dim, heads, headWidth, ffn, layers);
    }
    if (buckets < 4 || buckets % 4 != 0 || maxDistance <= buckets / 4) {
      throw new ShapeException("umt5: %d buckets up to distance %d; needs a multiple of 4, and a distance beyond a quarter of it",
          buckets, maxDistance);
    }
  }

  /// Width of queries, keys and values.
  public int innerWidth() { return heads * headWidth; }

  /// The bucket of a distance: one each for short distances, wider and wider ones further out, the other half of all for keys that
  /// come after the query.
  ///
  /// @param relative place of the key less place of the query
  public int bucket(int relative) {
    int half = buckets / 2;
    int exact = half / 2;
    int base = relative > 0 ? half : 0;
    int distance = Math.abs(relative);
    if (distance < exact) return base + distance;
    // in f32, as the published code: a distance on the edge of two buckets must fall into the same one
    float spread = (float) Math.log((float) distance / exact) / (float) Math.log((double) maxDistance / exact) * (half - exact);
    return base + Math.min(half - 1, exact + (int) spread);
  }
}
