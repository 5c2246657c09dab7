package dev.raiju.training.eval;

import dev.raiju.training.data.ShapeKind;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Which shape a patch has: each is laid over it at the patch's own place and area, and the one that leaves least in most frames wins.
///
/// @param shape the best
/// @param radius in pixels, by the patch's area
/// @param misfit the sum of squared differences of cover, over the patch's area: the median of all frames
/// @param changes the first frame that clearly shows another shape
record ShapeFit(ShapeKind shape, double radius, double misfit, OptionalInt changes) {
  /// How many pixels an edge may take from full to empty: drawn, and blurred by a decoder.
  private static final double[] EDGES = {1, 2.2};
  /// Another shape is clear where the usual one leaves twice as much, and so much besides.
  private static final double CLEARLY = 0.02;

  /// The best fit to most frames.
  static ShapeFit of(List<Blob> blobs) {
    ShapeKind best = ShapeKind.CIRCLE;
    double least = Double.POSITIVE_INFINITY;
    double[][] misfits = new double[ShapeKind.values().length][];
    for (ShapeKind shape : ShapeKind.values()) {
      double[] ofShape = blobs.stream().mapToDouble(blob -> misfit(shape, blob)).toArray();
      double median = Arrays.stream(ofShape).sorted().toArray()[ofShape.length / 2];
      misfits[shape.ordinal()] = ofShape;
      if (median >= least) continue;
      least = median;
      best = shape;
    }
    double[] ofBest = misfits[best.ordinal()];
    OptionalInt changes = IntStream.range(0, ofBest.length)
        .filter(t -> Arrays.stream(misfits).anyMatch(other -> ofBest[t] > 2 * other[t] + CLEARLY)).findFirst();
    double area = blobs.stream().mapToDouble(Blob::area).average().orElseThrow();
    return new ShapeFit(best, Math.sqrt(area / best.area()), least, changes);
  }

  /// What the best edge leaves.
  private static double misfit(ShapeKind shape, Blob blob) {
    double radius = Math.sqrt(blob.area() / shape.area());
    double[] sums = new double[EDGES.length];
    for (int i = 0; i < blob.cover().length; i++) {
      double right = blob.left() + i % blob.width() + 0.5 - blob.x();
      double down = blob.top() + i / blob.width() + 0.5 - blob.y();
      double distance = shape.distance(right, down, radius);
      for (int e = 0; e < EDGES.length; e++) {
        double difference = blob.cover()[i] - Math.clamp(0.5 - distance / EDGES[e], 0, 1);
        sums[e] += difference * difference;
      }
    }
    return Math.min(sums[0], sums[1]) / blob.area();
  }
}
