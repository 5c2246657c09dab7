package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import dev.raiju.models.pipeline.Enlarge;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/// MP4 with H.264, which browsers and QuickTime play: Constrained Baseline, 4:2:0, BT.601 of limited range and tagged as such,
/// index before the pictures. Enlarged for viewing as [Enlarge] says; an odd side gets its last row or column twice, because
/// 4:2:0 needs even sides. The same clip gives the same bytes.
public final class Mp4Writer implements ClipWriter {
  /// The quantiser used if none is named.
  public static final int QUANTISER = 12;

  private static final int LARGEST_PIXELS = 36_864 * 256; // H.264 level 5.1
  private static final int LARGEST_SIDE = 4096;

  private final int quantiser;

  /// With [#QUANTISER].
  public Mp4Writer() { this(QUANTISER); }

  /// With a quantiser of one's own; higher is coarser and smaller.
  ///
  /// From 16 on a decoder smooths block edges, and JCodec's encoder does not follow it in what it predicts from; below 10 a
  /// strong edge overflows its codes and the picture breaks.
  ///
  /// @param quantiser 10 to 15
  /// @throws IllegalArgumentException if it is not
  public Mp4Writer(int quantiser) {
    if (quantiser < 10 || quantiser > 15) {
      throw new IllegalArgumentException("mp4: quantiser " + quantiser + "; needs 10 to 15");
    }
    this.quantiser = quantiser;
  }

  @Override
  public String extension() { return "mp4"; }

  @Override
  public void write(Clip clip, OutputStream out) throws IOException {
    Clip large = EvenSides.of(Enlarge.forViewing(clip));
    if (Math.max(large.width(), large.height()) > LARGEST_SIDE || (long) large.width() * large.height() > LARGEST_PIXELS) {
      throw new IllegalArgumentException("mp4: " + large + "; H.264 level 5.1 ends at " + LARGEST_SIDE + " pixels a side and "
          + LARGEST_PIXELS + " in all");
    }
    AvcEncoder encoder = new AvcEncoder(large.width(), large.height(), quantiser);
    List<AvcEncoder.Sample> samples = new ArrayList<>();
    for (int t = 0; t < large.frames(); t++) samples.add(encoder.encode(large.frame(t)));
    new Mp4File(encoder.parameters(large.framesPerSecond()), samples, large.framesPerSecond()).writeTo(out);
  }
}
