package dev.raiju.training.eval;

import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// How near clips come to the clips that were trained on: whether a model makes new ones or repeats what it saw.
///
/// The distance of two clips is the sum of their differences over the sum of their light, both above the background: 0 for a copy, 1
/// for clips that have no lit place in common.
///
/// @param nearest for each clip the distance to the nearest training clip, rising
/// @param among how many training clips were looked at
public record Neighbours(double[] nearest, int among) {
  private static final int BATCH = 256;
  /// Brighter than the background and the noise in it.
  private static final int DARK = 20;

  public Neighbours {
    if (nearest.length == 0) throw new IllegalArgumentException("neighbours: no clips");
    nearest = nearest.clone();
    Arrays.sort(nearest);
  }

  /// Looks at the next clips of a stream, pictures left out.
  ///
  /// @param clips of the stream's size
  public static Neighbours of(List<Frames> clips, ClipStream stream, int among) {
    double[] nearest = new double[clips.size()];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    for (int seen = 0; seen < among;) {
      List<Example> drawn = new ArrayList<>();
      while (drawn.size() < Math.min(BATCH, among - seen)) {
        Example example = stream.next();
        if (example.kind() != ClipKind.PICTURE) drawn.add(example);
      }
      seen += drawn.size();
      List<Frames> trained = drawn.parallelStream().map(Example::paint).toList();
      IntStream.range(0, nearest.length).parallel().forEach(i -> {
        for (Frames other : trained) nearest[i] = Math.min(nearest[i], distance(clips.get(i), other));
      });
    }
    return new Neighbours(nearest, among);
  }

  /// From 0, the same, to 1.
  static double distance(Frames a, Frames b) {
    byte[] x = a.rgb();
    byte[] y = b.rgb();
    if (x.length != y.length) throw new IllegalArgumentException("neighbours: " + a + " and " + b + ": needs clips of one size");
    long apart = 0;
    long light = 0;
    for (int i = 0; i < x.length; i++) {
      int p = Math.max(0, (x[i] & 0xff) - DARK);
      int q = Math.max(0, (y[i] & 0xff) - DARK);
      apart += Math.abs(p - q);
      light += p + q;
    }
    return light == 0 ? 0 : (double) apart / light;
  }

  public double least() { return nearest[0]; }

  public double median() { return nearest[nearest.length / 2]; }

  /// One line.
  @Override
  public String toString() {
    return String.format(Locale.ROOT,
        "distance to the nearest of %d training clips (0 a copy, 1 nothing in common): least %.2f, median"
            + " %.2f", among, least(), median());
  }
}
