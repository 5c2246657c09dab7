package dev.raiju.training.eval;

import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Motion;
import dev.raiju.training.eval.VBench.Dimension;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// The dimensions of VBench that can be had without the networks of others, by its rules where pixels are enough and by our checkers and
/// [FeatureNet] where it asks a network. The others are named as missing, and there is no total without them. Huang et al. 2024,
/// arXiv:2311.17982.
///
/// @param scores what was measured, raw
/// @param missing what was not, and why
public record VBenchReport(Map<Dimension, Interval> scores, Map<Dimension, String> missing) {
  private static final int TIMES = 400;
  /// Pixels a frame, of the shorter side: what moves less stands.
  private static final double MOVES = 6.0 / 256;
  /// The part of the pairs of frames that must move.
  private static final double MOVING = 4.0 / 16;

  public VBenchReport {
    scores = new EnumMap<>(scores);
    missing = new EnumMap<>(missing);
  }

  /// @param clips judged
  public static VBenchReport of(FeatureNet net, List<Evaluation.Judged> clips) {
    Map<Dimension, Interval> scores = new EnumMap<>(Dimension.class);
    Map<Dimension, String> missing = new EnumMap<>(Dimension.class);
    for (Dimension dimension : Dimension.values()) {
      List<Double> values = new ArrayList<>();
      for (Evaluation.Judged clip : clips) score(dimension, net, clip).ifPresent(values::add);
      String needs = needs(dimension);
      if (!needs.isEmpty()) missing.put(dimension, needs);
      else if (values.isEmpty()) missing.put(dimension, "no prompt asks for it");
      else {
        scores.put(dimension, Interval.bootstrap(values.size(), TIMES, dimension.ordinal(), indices -> IntStream.of(indices)
            .mapToDouble(values::get).sum() / indices.length));
      }
    }
    return new VBenchReport(scores, missing);
  }

  private static String needs(Dimension dimension) {
    return switch (dimension) {
      case BACKGROUND_CONSISTENCY, OVERALL_CONSISTENCY, APPEARANCE_STYLE, TEMPORAL_STYLE -> "needs a network of images and words";
      case AESTHETIC_QUALITY, IMAGING_QUALITY -> "needs a network of people's tastes";
      case HUMAN_ACTION, SCENE -> "the clips have no people and no places";
      default -> "";
    };
  }

  private static Optional<Double> score(Dimension dimension, FeatureNet net, Evaluation.Judged clip) {
    Frames frames = clip.frames();
    if (frames.count() < 3) return Optional.empty();
    return switch (dimension) {
      case SUBJECT_CONSISTENCY -> Optional.of(consistency(net, frames));
      case TEMPORAL_FLICKERING -> stands(clip) ? Optional.of(1 - meanStep(frames)) : Optional.empty();
      case MOTION_SMOOTHNESS -> Optional.of(smoothness(frames));
      case DYNAMIC_DEGREE -> Optional.of(moves(frames) ? 1.0 : 0.0);
      case OBJECT_CLASS -> clip.kind() == ClipKind.TWO_SHAPES
          ? Optional.empty()
          : right(clip, Attribute.SHAPE).or(() -> right(clip,
              Attribute.DIGIT));
      case MULTIPLE_OBJECTS -> clip.kind() == ClipKind.TWO_SHAPES
          ? right(clip, Attribute.COUNT).flatMap(count -> right(clip, Attribute.SHAPE).map(shape -> count * shape))
          : Optional.empty();
      case COLOR -> right(clip, Attribute.COLOUR);
      case SPATIAL_RELATIONSHIP -> right(clip, Attribute.RELATION);
      default -> Optional.empty();
    };
  }

  private static Optional<Double> right(Evaluation.Judged clip, Attribute attribute) {
    return clip.judgement().of(attribute).map(verdict -> verdict.right() ? 1.0 : 0.0);
  }

  private static boolean stands(Evaluation.Judged clip) {
    return clip.judgement().of(Attribute.MOTION).filter(verdict -> verdict.wanted().equals(Motion.STILL.word())).isPresent();
  }

  /// The mean over frames of how like the one before and the first they look.
  static double consistency(FeatureNet net, Frames frames) {
    List<Frames> single = IntStream.range(0, frames.count()).mapToObj(t -> frame(frames, t)).toList();
    List<double[]> looks = net.of(single).rows();
    double sum = 0;
    for (int t = 1; t < looks.size(); t++)
      sum += (cosine(looks.get(t), looks.get(t - 1)) + cosine(looks.get(t), looks.get(0))) / 2;
    return sum / (looks.size() - 1);
  }

  private static Frames frame(Frames frames, int t) {
    byte[] rgb = Arrays.copyOfRange(frames.rgb(), frames.offset(t, 0, 0), frames.offset(t, 0, 0) + 3 * frames.height()
        * frames.width());
    return Frames.of(1, frames.height(), frames.width(), rgb);
  }

  private static double cosine(double[] a, double[] b) {
    double dot = 0;
    double aa = 1e-12;
    double bb = 1e-12;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return Math.max(0, dot / Math.sqrt(aa * bb));
  }

  /// How far a pixel is from itself in the next frame, of the whole range.
  static double meanStep(Frames frames) {
    int size = 3 * frames.height() * frames.width();
    long sum = 0;
    for (int i = size; i < frames.rgb().length; i++) sum += Math.abs((frames.rgb()[i] & 0xff) - (frames.rgb()[i - size] & 0xff));
    return sum / (255.0 * (frames.rgb().length - size));
  }

  /// Every second frame against the mean of its neighbours.
  static double smoothness(Frames frames) {
    int size = 3 * frames.height() * frames.width();
    double sum = 0;
    long count = 0;
    for (int t = 1; t + 1 < frames.count(); t += 2) {
      for (int i = t * size; i < (t + 1) * size; i++) {
        double between = ((frames.rgb()[i - size] & 0xff) + (frames.rgb()[i + size] & 0xff)) / 2.0;
        sum += Math.abs((frames.rgb()[i] & 0xff) - between);
        count++;
      }
    }
    return 1 - sum / (255 * count);
  }

  /// Whether the fastest object moves in enough pairs of frames: its flow is the flow of all that moves.
  static boolean moves(Frames frames) {
    double far = MOVES * Math.min(frames.height(), frames.width());
    List<Track> tracks = Track.follow(frames).tracks();
    int moving = 0;
    for (int t = 1; t < frames.count(); t++) {
      int at = t;
      if (tracks.stream().anyMatch(track -> at < track.blobs().size() && Math.hypot(track.x()[at] - track.x()[at - 1], track
          .y()[at]
          - track.y()[at - 1]) > far)) moving++;
    }
    return moving >= Math.round(MOVING * frames.count());
  }

  /// A line for each dimension.
  @Override
  public String toString() {
    StringBuilder lines = new StringBuilder();
    for (Dimension dimension : Dimension.values()) {
      String name = dimension.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      Interval score = scores.get(dimension);
      lines.append(String.format(Locale.ROOT, "%-24s %s%n", name, score == null ? "missing: " + missing.get(dimension) : score));
    }
    return lines.append(String.format(Locale.ROOT, "no total: %d of %d dimensions are missing%n", missing.size(), Dimension
        .values().length)).toString();
  }
}
