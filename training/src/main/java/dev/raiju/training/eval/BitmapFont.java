package dev.raiju.training.eval;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Small letters, digits and a few signs, 5 x 8 dots each: enough for prompts, and no desktop module needed. The dots are in
/// `font.txt`, in bands of a line of characters and [#HEIGHT] lines of dots.
final class BitmapFont {
  static final int WIDTH = 5;
  static final int HEIGHT = 8;
  /// From a character to the next.
  static final int ADVANCE = WIDTH + 1;

  private static final BitmapFont FONT = load();

  private final Map<Character, boolean[]> glyphs = new HashMap<>();

  private BitmapFont() {}

  static BitmapFont font() { return FONT; }

  /// Whether a character has a dot there. Capitals look like small letters, unknown characters like `?`.
  boolean dot(char character, int x, int y) {
    if (character == ' ') return false;
    String small = String.valueOf(character).toLowerCase(Locale.ROOT);
    boolean[] dots = glyphs.containsKey(small.charAt(0)) ? glyphs.get(small.charAt(0)) : glyphs.get('?');
    return dots != null && dots[y * WIDTH + x];
  }

  private static BitmapFont load() {
    InputStream resource = BitmapFont.class.getResourceAsStream("font.txt");
    if (resource == null) throw new IllegalStateException("font: no resource font.txt");
    BitmapFont font = new BitmapFont();
    try (var reader = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
      List<String> lines = reader.lines().toList();
      for (int band = 0; band < lines.size(); band += 1 + HEIGHT) font.add(lines.subList(band, band + 1 + HEIGHT));
    } catch (IOException e) {
      throw new UncheckedIOException("font: the resource cannot be read", e);
    }
    return font;
  }

  private void add(List<String> band) {
    for (int at = 0; at < band.getFirst().length(); at += ADVANCE) {
      boolean[] dots = new boolean[WIDTH * HEIGHT];
      for (int i = 0; i < dots.length; i++) dots[i] = band.get(1 + i / WIDTH).charAt(at + i % WIDTH) == '#';
      glyphs.put(band.getFirst().charAt(at), dots);
    }
  }
}
