package dev.raiju.models.text;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Character references of HTML: `&eacute;`, `&#233;`, `&#xE9;`.
final class HtmlEntities {
  private static final Pattern REFERENCE = Pattern.compile("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)");
  private static final Pattern ENDED_REFERENCE = Pattern.compile("&#?[0-9A-Za-z]{1,24};");

  /// By name, the semicolon being part of it where it is needed.
  private static final Map<String, String> NAMED = load();
  /// Names in capitals that mean nothing by themselves, as `EACUTE;`, with the character in capitals.
  private static final Map<String, String> SHOUTED = shouted();

  private HtmlEntities() {}

  /// Replaces every reference by its character, as a browser does: the semicolon may be missing where HTML allows it, and numbers
  /// that are no characters become others or nothing.
  static String unescape(String text) {
    if (text.indexOf('&') < 0) return text;
    return REFERENCE.matcher(text).replaceAll(match -> {
      String reference = match.group(1);
      return Matcher.quoteReplacement(reference.charAt(0) == '#' ? numbered(reference) : named(reference));
    });
  }

  /// Replaces the references that nobody can mean otherwise: those with a semicolon, and names wrongly put in capitals.
  static String unescapeEnded(String text) {
    if (text.indexOf('&') < 0) return text;
    return ENDED_REFERENCE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(ended(match.group())));
  }

  private static String ended(String reference) {
    String name = reference.substring(1);
    String named = NAMED.getOrDefault(name, SHOUTED.getOrDefault(name, reference));
    if (name.charAt(0) != '#') return named;
    String whole = unescape(reference);
    return whole.contains(";") ? reference : whole;
  }

  private static String named(String reference) {
    // without a semicolon the longest name counts, as in "&notit"
    for (int length = reference.length(); length > 1; length--) {
      String character = NAMED.get(reference.substring(0, length));
      if (character != null) return character + reference.substring(length);
    }
    return "&" + reference;
  }

  private static String numbered(String reference) {
    boolean hexadecimal = Character.toLowerCase(reference.charAt(1)) == 'x';
    int radix = hexadecimal ? 16 : 10;
    int number = 0;
    for (int i = hexadecimal ? 2 : 1; i < reference.length() && reference.charAt(i) != ';'; i++) {
      number = Math.min(number * radix + Character.digit(reference.charAt(i), radix), Character.MAX_CODE_POINT + 1);
    }
    if (number == 0 || number > Character.MAX_CODE_POINT || number >= Character.MIN_SURROGATE
        && number <= Character.MAX_SURROGATE) {
      return "\uFFFD";
    }
    if (number >= 0x80 && number <= 0x9F) return String.valueOf(SingleByteEncoding.WINDOWS_1252.decode((byte) number));
    return isCharacter(number) ? Character.toString(number) : "";
  }

  private static boolean isCharacter(int number) {
    boolean control = number < 0x20 ? number != '\t' && number != '\n' && number != '\f' && number != '\r' : number == 0x7F;
    boolean reserved = number >= 0xFDD0 && number <= 0xFDEF || (number & 0xFFFE) == 0xFFFE;
    return !control && !reserved;
  }

  private static Map<String, String> load() {
    Map<String, String> names = new HashMap<>();
    try (InputStream in = Objects.requireNonNull(HtmlEntities.class.getResourceAsStream("html-entities.txt"));
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, US_ASCII))) {
      lines.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
        String[] parts = line.split(" ");
        StringBuilder characters = new StringBuilder();
        for (int i = 1; i < parts.length; i++) characters.appendCodePoint(Integer.parseInt(parts[i], 16));
        names.put(parts[0], characters.toString());
      });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }

  private static Map<String, String> shouted() {
    Map<String, String> names = new HashMap<>();
    NAMED.forEach((name, character) -> {
      String capitals = name.toUpperCase(Locale.ROOT);
      boolean free = name.endsWith(";") && name.equals(name.toLowerCase(Locale.ROOT)) && unescape("&" + capitals).equals("&"
          + capitals);
      if (free) names.put(capitals, character.toUpperCase(Locale.ROOT));
    });
    return names;
  }
}
