package dev.raiju.training.eval;

import dev.raiju.training.data.Caption;
import dev.raiju.training.data.Colour;
import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Motion;
import dev.raiju.training.data.Phrase;
import dev.raiju.training.data.Relation;
import dev.raiju.training.data.ShapeKind;
import dev.raiju.training.data.Size;
import dev.raiju.training.data.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Reads from pixels alone what a clip shows, and judges it by a prompt. It knows the palette, the geometry of the shapes and
/// the meaning of the motions, not how training clips are drawn: objects are found by their difference from the background,
/// followed from frame to frame, laid under each shape at their own place and area, and their ways are told by form.
public final class ShapeChecker {
  /// A shape may leave so much; what leaves more is another thing.
  private static final double MISFIT = 0.08;
  /// A colour may be so far from its place in the palette, where neighbours are 115 apart.
  private static final double OFF_COLOUR = 100;
  /// Between small and large: the geometric mean of their radii; and what is neither.
  private static final double LARGE = Math.sqrt(Size.SMALL.radius() * Size.LARGE.radius());
  private static final double SMALLEST = Size.SMALL.radius() / 1.5;
  private static final double LARGEST = Size.LARGE.radius() * 1.5;

  private ShapeChecker() {}

  /// Reads a clip or a picture.
  public static ClipReading read(Frames frames) {
    Track.All found = Track.follow(frames);
    Background background = Background.of(frames);
    List<ObjectReading> objects = new ArrayList<>();
    Optional<String> flaw = found.flaw();
    for (Track track : found.tracks()) {
      ShapeFit fit = ShapeFit.of(track.blobs());
      objects.add(object(track, fit, background));
      flaw = flaw.or(() -> Steadiness.flaw(track)).or(() -> changed(fit));
    }
    return new ClipReading(objects, flaw, frames.count());
  }

  private static Optional<String> changed(ShapeFit fit) {
    if (fit.misfit() > MISFIT || fit.changes().isEmpty()) return Optional.empty();
    return Optional.of("an object changes its shape at frame " + fit.changes().getAsInt());
  }

  private static ObjectReading object(Track track, ShapeFit fit, Background background) {
    boolean shape = fit.misfit() <= MISFIT;
    boolean ink = !shape && track.blobs().getFirst().hue() == Colour.WHITE;
    Optional<Subject> subject = shape
        ? Optional.of(fit.shape())
        : ink ? Optional.of(DigitReader.reader().read(track.blobs())) : Optional.empty();
    double[] x = track.x();
    double[] y = track.y();
    return new ObjectReading(subject, colour(track, background), shape ? size(fit.radius()) : Optional.empty(),
        MotionReader.read(x, y), middle(x), middle(y));
  }

  private static Optional<Size> size(double radius) {
    if (radius < SMALLEST || radius > LARGEST) return Optional.empty();
    return Optional.of(radius < LARGE ? Size.SMALL : Size.LARGE);
  }

  /// The nearest of the palette to the mean tone of all frames.
  private static Optional<Colour> colour(Track track, Background background) {
    double[] tone = new double[3];
    for (Blob blob : track.blobs()) {
      for (int c = 0; c < 3; c++) tone[c] += blob.tone()[c] / track.blobs().size();
    }
    double nearest = OFF_COLOUR;
    Optional<Colour> best = Optional.empty();
    for (Colour colour : Colour.values()) {
      double[] pure = background.difference(colour.red(), colour.green(), colour.blue());
      double distance = Math.sqrt(square(pure[0] - tone[0]) + square(pure[1] - tone[1]) + square(pure[2] - tone[2]));
      if (distance >= nearest) continue;
      nearest = distance;
      best = Optional.of(colour);
    }
    return best;
  }

  /// Judges a clip by a prompt.
  public static Judgement judge(Caption caption, Frames frames) { return judge(caption, read(frames)); }

  /// Judges what was read by a prompt. What the prompt leaves open is right; a picture has no motion and is not asked for one.
  /// Which object is meant by which phrase is chosen in the clip's favour.
  ///
  /// @throws IllegalArgumentException if the prompt asks for more than four objects
  public static Judgement judge(Caption caption, ClipReading reading) {
    List<Phrase> phrases = caption.objects();
    if (phrases.size() > Track.MOST) {
      throw new IllegalArgumentException("checker: a prompt with " + phrases.size() + " objects; needs " + Track.MOST
          + " or fewer");
    }
    int[] order = Assignment.best(phrases.size(), reading.objects().size(),
        (i, j) -> agreements(phrases.get(i), reading.objects().get(j)));
    List<Optional<ObjectReading>> meant = IntStream.of(order).mapToObj(i -> i < 0
        ? Optional.<ObjectReading>empty()
        : Optional.of(reading.objects().get(i))).toList();
    List<Verdict> verdicts = new ArrayList<>();
    verdicts.add(new Verdict(Attribute.COUNT, Integer.toString(phrases.size()), Integer.toString(reading.objects().size()),
        phrases.size() == reading.objects().size()));
    Compared compared = new Compared(phrases, meant, verdicts);
    compared.add(Attribute.SHAPE, p -> p.subject() instanceof ShapeKind ? Optional.of(p.subject()) : Optional.empty(),
        ObjectReading::subject, Subject::word);
    compared.add(Attribute.DIGIT, p -> p.subject() instanceof Digit ? Optional.of(p.subject()) : Optional.empty(),
        ObjectReading::subject, Subject::word);
    compared.add(Attribute.COLOUR, Phrase::colour, ObjectReading::colour, Colour::word);
    compared.add(Attribute.SIZE, Phrase::size, ObjectReading::size, Size::word);
    if (reading.frames() > 1) {
      compared.add(Attribute.MOTION, Phrase::motion, ObjectReading::motion, Motion::word);
    }
    caption.relation().ifPresent(relation -> verdicts.add(related(relation, meant)));
    if (reading.frames() > 1) {
      verdicts.add(new Verdict(Attribute.STEADINESS, "steady", reading.flaw().orElse("steady"), reading.flaw().isEmpty()));
    }
    return new Judgement(verdicts);
  }

  /// Gathers the verdict of one attribute over all phrases.
  private record Compared(List<Phrase> phrases, List<Optional<ObjectReading>> meant, List<Verdict> verdicts) {
    <T> void add(Attribute attribute, Function<Phrase, Optional<T>> wanted, Function<ObjectReading, Optional<T>> seen,
        Function<T, String> word) {
      int[] stated = IntStream.range(0, phrases.size()).filter(i -> wanted.apply(phrases.get(i)).isPresent()).toArray();
      if (stated.length == 0) return;
      boolean right = IntStream.of(stated).allMatch(i -> meant.get(i).flatMap(seen).equals(wanted.apply(phrases.get(i))));
      verdicts.add(new Verdict(attribute,
          joined(stated, i -> wanted.apply(phrases.get(i)).map(word)), joined(stated, i -> meant.get(i).flatMap(seen).map(word)),
          right));
    }
  }

  private static String joined(int[] indices, IntFunction<Optional<String>> word) {
    return IntStream.of(indices).mapToObj(i -> word.apply(i).orElse("none")).collect(Collectors.joining(", "));
  }

  private static int agreements(Phrase phrase, ObjectReading object) {
    // the subject weighs more, so that of two objects with one wrong colour each phrase means its shape
    int agreements = object.subject().filter(phrase.subject()::equals).isPresent() ? 2 : 0;
    if (phrase.colour().isPresent() && phrase.colour().equals(object.colour())) agreements += 2;
    if (phrase.size().isPresent() && phrase.size().equals(object.size())) agreements++;
    if (phrase.motion().isPresent() && phrase.motion().equals(object.motion())) agreements++;
    return agreements;
  }

  private static Verdict related(Relation relation, List<Optional<ObjectReading>> meant) {
    Optional<Relation> seen = meant.getFirst().flatMap(first -> meant.getLast().map(last -> relation(first, last)));
    return new Verdict(Attribute.RELATION, relation.words(), seen.map(Relation::words).orElse("none"),
        seen.equals(Optional.of(relation)));
  }

  /// The one that holds most.
  private static Relation relation(ObjectReading first, ObjectReading second) {
    double right = first.x() - second.x();
    double down = first.y() - second.y();
    Relation best = Relation.LEFT_OF;
    for (Relation relation : Relation.values()) if (relation.along(right, down) > best.along(right, down)) best = relation;
    return best;
  }

  private static double middle(double[] places) {
    double sum = 0;
    for (double place : places) sum += place;
    return sum / places.length;
  }

  private static double square(double x) { return x * x; }
}
