package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.training.data.Frames;
import dev.raiju.training.eval.ContactSheet.Row;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ContactSheetTest {
  @Test
  void framesLieBesideTheirText() {
    ContactSheet sheet = ContactSheet.of(List.of(new Row("a red circle", levels(17)), new Row("a picture", levels(1))), 5, 2);
    assertEquals(sheet.width() * sheet.height() * 3, sheet.rgb().length);
    // frames 0, 4, 8, 12, 16, whose pixels all have the frame's number; 4 pixels of padding
    int left = sheet.width() - 5 * (2 * 20 + 4);
    for (int c = 0; c < 5; c++) {
      assertEquals(4 * c, sheet.rgb()[3 * (10 * sheet.width() + left + c * 44)]);
      assertEquals(4 * c, sheet.rgb()[3 * (10 * sheet.width() + left + c * 44 + 39) + 2]);
      assertEquals(40, sheet.rgb()[3 * (10 * sheet.width() + left + c * 44 + 40)], "paper between");
    }
    assertEquals(0, sheet.rgb()[3 * (50 * sheet.width() + left)], "the picture");
    assertEquals(40, sheet.rgb()[3 * (50 * sheet.width() + left + 44)], "a picture has one frame");
  }

  @Test
  void textIsBrokenBetweenWords() {
    assertEquals(List.of("a small red cross moves", "right and an orange star", "moves right"),
        ContactSheet.broken("a small red cross moves right and an orange star moves right"));
    assertEquals(List.of("x".repeat(26), "xxxx y"), ContactSheet.broken("x".repeat(30) + " y"));
  }

  @Test
  void everyCharacterOfPromptsHasItsOwnDots() {
    String characters = "abcdefghijklmnopqrstuvwxyz0123456789.,:-+/()%'!?=";
    Set<List<Boolean>> seen = new HashSet<>();
    for (char character : characters.toCharArray()) assertTrue(seen.add(dots(character)), "'" + character + "'");
    assertEquals(dots('a'), dots('A'));
    assertEquals(dots('?'), dots('日'));
    assertTrue(dots(' ').stream().noneMatch(dot -> dot));
  }

  @Test
  void rejectsNoRowsAndOtherSizes() {
    assertThrows(IllegalArgumentException.class, () -> ContactSheet.of(List.of(), 8, 1));
    Row other = new Row("b", Frames.of(1, 8, 8, new byte[192]));
    assertThrows(IllegalArgumentException.class, () -> ContactSheet.of(List.of(new Row("a", levels(1)), other), 8, 1));
  }

  private static List<Boolean> dots(char character) {
    Boolean[] dots = new Boolean[BitmapFont.WIDTH * BitmapFont.HEIGHT];
    for (int i = 0; i < dots.length; i++) dots[i] = BitmapFont.font().dot(character, i % BitmapFont.WIDTH, i / BitmapFont.WIDTH);
    return List.of(dots);
  }

  /// Every frame of the level of its number.
  private static Frames levels(int count) {
    byte[] rgb = new byte[count * 20 * 20 * 3];
    for (int t = 0; t < count; t++) Arrays.fill(rgb, t * 1200, (t + 1) * 1200, (byte) t);
    return Frames.of(count, 20, 20, rgb);
  }
}
