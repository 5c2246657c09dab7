package dev.raiju.training.data;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipReader;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Clips of one's own with their captions: a folder with media files and `captions.jsonl`, a line `{"file": "cat.gif", "text": "a cat
/// jumps"}` for each. They are brought to the size of training clips: the middle square, and frames at even distances.
///
/// The order is that of the files' names, whatever the order of the lines.
public final class OwnClips {
  private static final String CAPTIONS = "captions.jsonl";

  private final Path folder;
  private final List<Captioned> all;
  private final Map<Path, Frames> read = new ConcurrentHashMap<>();

  /// A file with what is said of it.
  ///
  /// @param text the caption
  public record Captioned(Path file, String text) {}

  private OwnClips(Path folder, List<Captioned> all) {
    this.folder = folder;
    this.all = List.copyOf(all);
  }

  /// Looks at a folder; no clip is read yet.
  ///
  /// @throws ModelFormatException if a line has no file or text, or names what is not there
  public static OwnClips open(Path folder) throws IOException {
    Path captions = folder.resolve(CAPTIONS);
    List<Captioned> all = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(captions)) {
      number++;
      if (line.isBlank()) continue;
      Fields fields = Fields.of(captions + ":" + number, Json.parse(captions + ":" + number, line));
      Path file = folder.resolve(fields.string("file")).normalize();
      if (!Files.isRegularFile(file)) throw fields.refuse("file", "there is no " + file);
      all.add(new Captioned(file, fields.string("text")));
      fields.refuseUnknown();
    }
    if (all.isEmpty()) throw new IOException(captions + ": no captions; needs a line for each clip");
    all.sort(Comparator.comparing((Captioned one) -> one.file().toString()).thenComparing(Captioned::text));
    return new OwnClips(folder, all);
  }

  public List<Captioned> all() { return all; }

  /// What latents of these clips depend on: names, captions and bytes.
  public String key() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Captioned one : all) {
        digest.update((folder.relativize(one.file()) + "\n" + one.text() + "\n").getBytes(StandardCharsets.UTF_8));
        digest.update(Files.readAllBytes(one.file()));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /// The pixels of a clip, `count` frames of `side` x `side`. Read once.
  ///
  /// @throws UncheckedIOException if it cannot be read
  public Frames frames(Captioned one, int count, int side) {
    Frames whole = read.computeIfAbsent(one.file(), file -> fitted(clip(file), Frames.CLIP, side));
    return count == whole.count() ? whole : still(whole);
  }

  private static Clip clip(Path file) {
    try {
      return ClipReader.forFile(file).read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /// The middle frame alone.
  private static Frames still(Frames clip) {
    int bytes = 3 * clip.height() * clip.width();
    byte[] rgb = new byte[bytes];
    System.arraycopy(clip.rgb(), clip.offset(clip.count() / 2, 0, 0), rgb, 0, bytes);
    return Frames.of(1, clip.height(), clip.width(), rgb);
  }

  /// Frames at even distances, the middle square of each, every pixel the mean of what it covers.
  static Frames fitted(Clip clip, int count, int side) {
    byte[] rgb = new byte[3 * count * side * side];
    int square = Math.min(clip.width(), clip.height());
    int left = (clip.width() - square) / 2;
    int top = (clip.height() - square) / 2;
    for (int t = 0; t < count; t++) {
      int from = count == 1 ? clip.frames() / 2 : Math.round((float) t * (clip.frames() - 1) / (count - 1));
      byte[] frame = clip.frame(from);
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++)
          mean(frame, clip.width(), left, top, square, side, x, y, rgb, 3 * ((t * side + y) * side + x));
      }
    }
    return Frames.of(count, side, side, rgb);
  }

  private static void mean(byte[] frame, int width, int left, int top, int square, int side, int x, int y, byte[] rgb, int at) {
    int beginX = x * square / side;
    int beginY = y * square / side;
    int endX = Math.max(beginX + 1, (x + 1) * square / side);
    int endY = Math.max(beginY + 1, (y + 1) * square / side);
    for (int c = 0; c < 3; c++) {
      int sum = 0;
      for (int v = beginY; v < endY; v++) {
        for (int u = beginX; u < endX; u++) sum += frame[3 * ((top + v) * width + left + u) + c] & 0xff;
      }
      int pixels = (endX - beginX) * (endY - beginY);
      rgb[at + c] = (byte) ((sum + pixels / 2) / pixels);
    }
  }
}
