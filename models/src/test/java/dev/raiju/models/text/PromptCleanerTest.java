package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PromptCleanerTest {
  @Test
  void cleansAsFtfyAndPythonDo() {
    assertAll(Golden.rows("cleaning.tsv").stream()
        .map(row -> () -> assertEquals(row.get(1), PromptCleaner.clean(row.get(0)), () -> "from " + row.get(0))));
  }

  @Property(tries = 1000)
  void leavesAsciiWordsAlone(@ForAll("words") List<String> words) {
    String text = String.join(" ", words);
    assertEquals(text, PromptCleaner.clean(text));
  }

  @Provide
  Arbitrary<List<String>> words() {
    return Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(8).list().ofMaxSize(8);
  }

  @Property(tries = 500)
  void neitherFailsNorLeavesHalfCharacters(@ForAll String text) {
    assertEquals(-1, Utf8.loneSurrogate(PromptCleaner.clean(text)));
  }

  @Test
  void takesTimeInProportionToTheLength() {
    for (String part : List.of("Ã©", "Ã ", "&amp;", "…”", "à¸\u0081", "\u001B[", "ï¼¡", "├⌐")) {
      assertTimeout(Duration.ofSeconds(3), () -> PromptCleaner.clean(part.repeat(10_000)), part);
    }
  }

  @ParameterizedTest
  @EnumSource(SingleByteEncoding.class)
  void readsBytesAsTheJdkDoes(SingleByteEncoding encoding) {
    String name = switch (encoding) {
      case LATIN_1 -> "ISO-8859-1";
      case MAC_ROMAN -> "x-MacRoman";
      case CP437 -> "IBM437";
      case ISO_8859_2 -> "ISO-8859-2";
      default -> encoding.name().replace('_', '-');
    };
    for (int value = 0x80; value < 0x100; value++) {
      char theirs = new String(new byte[] {(byte) value}, Charset.forName(name)).charAt(0);
      assertEquals(theirs == '\uFFFD' ? (char) value : theirs, encoding.decode((byte) value), encoding + " byte " + value);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
    "&lt;b&gt;|<b>", "&amp;amp;|&amp;", "&notit;|¬it;", "&notin;|∉", "&nosuch;|&nosuch;", "&#39;|'", "&#x1F600|😀", "&#x80;|€",
    "&#0;|\uFFFD", "&#xD800;|\uFFFD", "&#99999999999;|\uFFFD", "&#1;|\"\"", "&NotEqualTilde;|≂̸", "&|&", "& b|& b"})
  void unescapesAsABrowser(String text, String expected) { assertEquals(expected, HtmlEntities.unescape(text)); }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
    "&lt;|<", "&lt|&lt", "&EACUTE;|É", "&SZLIG;|SS", "&nTILDE;|&nTILDE;", "&#233;|é", "&#59;|&#59;", "&#x;|&#x;",
    "&LTIMES;|&LTIMES;"})
  void unescapesOnlyWhatIsMeant(String text, String expected) { assertEquals(expected, HtmlEntities.unescapeEnded(text)); }
}
