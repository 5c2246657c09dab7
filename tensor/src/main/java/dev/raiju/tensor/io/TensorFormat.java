package dev.raiju.tensor.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The kinds of files that hold tensors, told apart by how they begin.
public enum TensorFormat {
  SAFETENSORS("safetensors"),
  SHARDED_SAFETENSORS("index of safetensors"),
  TORCH("PyTorch archive"),
  GGUF("GGUF");

  static final int START_BYTES = 16;

  private final String label;

  TensorFormat(String label) { this.label = label; }

  /// The kind of a file, if it is one of these. Only the first bytes are looked at: the rest may be damaged.
  public static Optional<TensorFormat> of(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return of(in.readNBytes(START_BYTES));
    }
  }

  static Optional<TensorFormat> of(byte[] start) {
    // first, since a header may be as long as other formats' magic numbers say
    if (start.length > 8 && start[8] == '{' && start[4] == 0 && start[5] == 0 && start[6] == 0 && start[7] == 0) {
      return Optional.of(SAFETENSORS);
    }
    String text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.startsWith("GGUF")) return Optional.of(GGUF);
    if (text.startsWith("PK\3\4") || text.startsWith("PK\5\6") || isPickle(start)) return Optional.of(TORCH);
    return text.stripLeading().startsWith("{") ? Optional.of(SHARDED_SAFETENSORS) : Optional.empty();
  }

  /// Whether this is a bare pickle: what PyTorch wrote before version 1.6 begins with one.
  static boolean isPickle(byte[] start) { return start.length > 1 && start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5; }

  /// The name in messages.
  @Override
  public String toString() { return label; }
}
