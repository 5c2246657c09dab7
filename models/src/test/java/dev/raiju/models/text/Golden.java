package dev.raiju.models.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/// The goldens of this package; `src/test/golden` has the script that made them.
final class Golden {
  private static final Pattern ESCAPE = Pattern.compile("\\\\\\{([0-9a-f]+)}");

  private Golden() {}

  static byte[] bytes(String name) {
    try (InputStream in = Objects.requireNonNull(Golden.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static SentencePieceModel tinyModel() throws IOException {
    return SentencePieceModel.read(Path.of("tokenizer_tiny.model"), bytes("tokenizer_tiny.model"));
  }

  /// The rows of a table, escapes resolved.
  static List<List<String>> rows(String name) {
    return new String(bytes(name), StandardCharsets.US_ASCII).lines()
        .map(line -> Arrays.stream(line.split("\t", -1)).map(Golden::unescaped).toList()).toList();
  }

  static int[] ids(String joined) {
    return Arrays.stream(joined.split(" ")).filter(id -> !id.isEmpty()).mapToInt(Integer::parseInt).toArray();
  }

  private static String unescaped(String text) {
    return ESCAPE.matcher(text).replaceAll(match -> {
      String character = Character.toString(Integer.parseInt(match.group(1), 16));
      return java.util.regex.Matcher.quoteReplacement(character);
    });
  }
}
