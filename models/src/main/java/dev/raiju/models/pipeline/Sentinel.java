package dev.raiju.models.pipeline;

import dev.raiju.models.pipeline.ZeroTile.Tile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Looks at a clip for the ways in which a model fails without an error: black, one flat colour, noise, a tile that was never
/// computed, values that are not numbers.
///
/// It costs a few passes over the pixels and knows nothing of the prompt. So a clip in which nothing moves is only noted:
/// the prompt may ask for it. Everything else is a warning. A dark clip with a few bright pixels, a fade, grain, letterbox
/// bars and a black background are none of these.
public final class Sentinel {
  /// A pixel of noise may differ by this much from frame to frame and still count as still.
  private static final int STILL = 2;
  private static final int BLACK = 16;

  private Sentinel() {}

  /// What can be wrong.
  public enum Verdict {
    NOT_A_NUMBER("a narrow type overflowed or the weights hold NaN; decode in f32 and check the weights file"),
    BLACK("the decoder's output was never written, or latents went in without its scale; check the decoder's file and device"),
    UNIFORM("sampling fell to one value: guidance, steps or shift do not fit the checkpoint, or a kernel returned zeros"),
    NOISE("steps, shift or guidance do not fit the checkpoint, such as few steps without distillation; see its recipe"),
    PARTLY_ZERO("one tile was not computed, as when an index or the memory runs over; decode in smaller tiles or on the cpu"),
    STATIC("nothing to mend if the prompt asks for stillness; else raise steps or guidance");

    private final String likelyCause;

    Verdict(String likelyCause) { this.likelyCause = likelyCause; }

    /// The likely cause and what to do, in one line.
    public String likelyCause() { return likelyCause; }

    /// False for [#STATIC], which may be what was asked for.
    public boolean isWarning() { return this != STATIC; }
  }

  /// One thing found.
  ///
  /// @param seen the evidence, with numbers
  public record Finding(Verdict verdict, String seen) {
    /// Verdict, evidence and likely cause in one line.
    @Override
    public String toString() {
      String name = verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      return name + ": " + seen + "; " + verdict.likelyCause();
    }
  }

  /// Everything found in a clip, the gravest first; empty for a clip that looks right.
  public static List<Finding> inspect(Clip clip) {
    long values = 3L * clip.frames() * clip.width() * clip.height();
    if (clip.notNumbers() > 0) {
      return List.of(new Finding(Verdict.NOT_A_NUMBER, clip.notNumbers() + " of " + values + " values are NaN or infinite"));
    }
    Optional<Finding> flat = flat(clip);
    if (flat.isPresent()) return List.of(flat.get());
    List<Finding> findings = new ArrayList<>();
    Whiteness.noise(clip).ifPresent(seen -> findings.add(new Finding(Verdict.NOISE, seen)));
    ZeroTile.find(clip).ifPresent(tile -> findings.add(new Finding(Verdict.PARTLY_ZERO, describe(tile))));
    int change = largestChange(clip);
    if (clip.frames() > 1 && change <= STILL) {
      findings.add(new Finding(Verdict.STATIC, "no pixel changes by more than " + change + " of 255 in " + clip.frames()
          + " frames"));
    }
    return findings;
  }

  private static Optional<Finding> flat(Clip clip) {
    int brightest = 0;
    for (int t = 0; t < clip.frames(); t++) {
      FlatFrame frame = FlatFrame.of(clip.frame(t), clip.width(), clip.height());
      if (!frame.isFlat()) return Optional.empty();
      brightest = Math.max(brightest, frame.median());
    }
    return Optional.of(brightest < BLACK
        ? new Finding(Verdict.BLACK, "no frame is brighter than " + brightest + " of 255")
        : new Finding(Verdict.UNIFORM, "every frame is one flat colour"));
  }

  private static String describe(Tile tile) {
    return String.format(Locale.ROOT, "a block of %d x %d pixels at (%d, %d) is exactly %s", tile.width(), tile.height(), tile
        .x(),
        tile.y(), tile.level() == 0 ? "zero" : "mid-gray");
  }

  /// The largest difference of any pixel from its value in the first frame, as far as it matters here.
  private static int largestChange(Clip clip) {
    byte[] first = clip.frame(0);
    int largest = 0;
    for (int t = 1; t < clip.frames() && largest <= STILL; t++) {
      byte[] frame = clip.frame(t);
      for (int i = 0; i < frame.length; i++) largest = Math.max(largest, Math.abs((frame[i] & 0xff) - (first[i] & 0xff)));
    }
    return largest;
  }
}
