package dev.raiju.training.eval;

import java.util.EnumMap;
import java.util.Map;

/// How VBench makes one figure of sixteen: every dimension is normalised, `n = (x - low) / (high - low)`; Quality is the
/// weighted mean of the first seven, Semantic the mean of the other nine, Total is `(4 · Quality + Semantic) / 5`.
/// Huang et al. 2024, arXiv:2311.17982.
public final class VBench {
  /// What is measured, with the range that is normalised to 0..1.
  public enum Dimension {
    SUBJECT_CONSISTENCY(0.1462, 1),
    BACKGROUND_CONSISTENCY(0.2615, 1),
    TEMPORAL_FLICKERING(0.6293, 1),
    MOTION_SMOOTHNESS(0.706, 0.9975),
    DYNAMIC_DEGREE(0, 1),
    AESTHETIC_QUALITY(0, 1),
    IMAGING_QUALITY(0, 1),
    OBJECT_CLASS(0, 1),
    MULTIPLE_OBJECTS(0, 1),
    HUMAN_ACTION(0, 1),
    COLOR(0, 1),
    SPATIAL_RELATIONSHIP(0, 1),
    SCENE(0, 0.8222),
    APPEARANCE_STYLE(0.0009, 0.2855),
    TEMPORAL_STYLE(0, 0.364),
    OVERALL_CONSISTENCY(0, 0.364);

    private final double low;
    private final double high;

    Dimension(double low, double high) {
      this.low = low;
      this.high = high;
    }

    double normalise(double score) { return (score - low) / (high - low); }

    boolean quality() { return ordinal() <= IMAGING_QUALITY.ordinal(); }

    double weight() { return this == DYNAMIC_DEGREE ? 0.5 : 1; }
  }

  /// @param quality 0..1
  /// @param semantic 0..1
  public record Aggregate(double quality, double semantic) {
    /// Of Quality and Semantic in any one unit.
    public double total() { return (4 * quality + semantic) / 5; }
  }

  private VBench() {}

  /// The aggregate of raw scores.
  ///
  /// @throws IllegalArgumentException if a dimension is missing
  public static Aggregate aggregate(Map<Dimension, Double> scores) {
    double quality = 0;
    double qualityWeight = 0;
    double semantic = 0;
    double semanticWeight = 0;
    for (Map.Entry<Dimension, Double> entry : required(scores).entrySet()) {
      Dimension dimension = entry.getKey();
      double score = dimension.weight() * dimension.normalise(entry.getValue());
      if (dimension.quality()) {
        quality += score;
        qualityWeight += dimension.weight();
      } else {
        semantic += score;
        semanticWeight += dimension.weight();
      }
    }
    return new Aggregate(quality / qualityWeight, semantic / semanticWeight);
  }

  private static Map<Dimension, Double> required(Map<Dimension, Double> scores) {
    Map<Dimension, Double> all = new EnumMap<>(Dimension.class);
    for (Dimension dimension : Dimension.values()) {
      Double score = scores.get(dimension);
      if (score == null) throw new IllegalArgumentException("vbench: no score of " + dimension + "; needs all sixteen");
      all.put(dimension, score);
    }
    return all;
  }
}
