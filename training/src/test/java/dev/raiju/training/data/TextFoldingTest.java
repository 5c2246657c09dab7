package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.models.text.Normalization;
import java.text.Normalizer;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextFoldingTest {
  @ParameterizedTest
  @EnumSource(TextFolding.class)
  void foldsEveryCharacterAsTheJdkDoes(TextFolding folding) {
    Normalization bare = bare(folding);
    for (int c = 1; c <= Character.MAX_CODE_POINT; c++) {
      boolean noCharacter = Character.getType(c) == Character.SURROGATE || !Character.isDefined(c);
      if (noCharacter || Character.isWhitespace(c) || Character.isSpaceChar(c)) continue;
      // signs that no mark joins with
      String text = "(" + Character.toString(c) + ")";
      assertEquals(expected(folding, text), bare.apply(text), () -> text);
    }
  }

  @Test
  void composesLettersAndMarks() {
    Normalization bare = bare(TextFolding.NFKC_LOWER_CASE);
    assertEquals("é ế ế ǖ", bare.apply("E\u0301 Ê\u0301 E\u0302\u0301 U\u0308\u0304"));
  }

  @ParameterizedTest
  @EnumSource(TextFolding.class)
  void takesEveryWhiteSpaceForASpace(TextFolding folding) {
    assertEquals("▁a▁b", folding.normalization().apply("\u3000a\t\r\n\u00A0 \u2003b\u2028"));
  }

  private static Normalization bare(TextFolding folding) {
    return new Normalization("", folding.normalization().map(), false, false, false);
  }

  private static String expected(TextFolding folding, String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return switch (folding) {
      case IDENTITY -> text;
      case LOWER_CASE -> lower;
      case NFKC -> nfkc(text);
      case NFKC_LOWER_CASE -> nfkc(nfkc(text).toLowerCase(Locale.ROOT));
    };
  }

  private static String nfkc(String text) { return Normalizer.normalize(text, Normalizer.Form.NFKC); }
}
