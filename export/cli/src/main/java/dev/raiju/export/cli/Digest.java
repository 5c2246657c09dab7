package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ModelFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// SHA-256 digests, as 64 hexadecimal digits.
final class Digest {
  private static final int CHUNK = 1 << 20;

  private Digest() {}

  static String of(byte[] bytes) { return hex(sha256(), bytes); }

  /// Of size, rate and pixels, whatever file they are written to.
  static String of(Clip clip) {
    MessageDigest digest = sha256();
    ByteBuffer sizes = ByteBuffer.allocate(4 * Integer.BYTES).putInt(clip.frames()).putInt(clip.width()).putInt(clip.height())
        .putInt(clip.framesPerSecond());
    digest.update(sizes.flip());
    for (int i = 0; i < clip.frames(); i++) digest.update(clip.frame(i));
    return hex(digest, new byte[0]);
  }

  /// Of everything that a model's clips depend on: its recipe and the files of its parts, with their names.
  static String of(ModelFolder model) throws IOException {
    MessageDigest digest = sha256();
    digest.update(of(model.recipe().write().compact().getBytes(StandardCharsets.UTF_8)).getBytes(StandardCharsets.US_ASCII));
    for (Map.Entry<String, Path> part : new TreeMap<>(model.parts()).entrySet()) {
      for (Path file : files(part.getValue())) {
        digest.update((part.getKey() + "/" + file.getFileName() + "\n").getBytes(StandardCharsets.UTF_8));
        digest.update(HexFormat.of().parseHex(ofFile(file)));
      }
    }
    for (ModelFolder.Adapter adapter : model.adapters()) {
      digest.update(("lora/" + adapter.scale() + "\n").getBytes(StandardCharsets.UTF_8));
      for (Path file : files(adapter.file())) digest.update(HexFormat.of().parseHex(ofFile(file)));
    }
    return hex(digest, new byte[0]);
  }

  /// A part may be a file by itself.
  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) return List.of(folder);
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).filter(file -> !file.getFileName().toString().startsWith(".")).sorted().toList();
    }
  }

  static String ofFile(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) digest.update(chunk, 0, read);
    }
    return hex(digest, new byte[0]);
  }

  private static String hex(MessageDigest digest, byte[] last) { return HexFormat.of().formatHex(digest.digest(last)); }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
