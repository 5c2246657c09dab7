package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnClipsTest {
  @TempDir
  Path folder = Path.of("");

  @Test
  void theOrderIsThatOfNames() throws IOException {
    Files.writeString(folder.resolve("b.gif"), "b");
    Files.writeString(folder.resolve("a.gif"), "a");
    Files.writeString(folder.resolve("captions.jsonl"), """
        {"file": "b.gif", "text": "second"}

        {"file": "a.gif", "text": "first"}
        """);
    OwnClips clips = OwnClips.open(folder);
    assertEquals(List.of("first", "second"), clips.all().stream().map(OwnClips.Captioned::text).toList());
    String key = clips.key();
    Files.writeString(folder.resolve("a.gif"), "other");
    assertNotEquals(key, OwnClips.open(folder).key());
  }

  @Test
  void namesTheLineThatIsWrong() throws IOException {
    Files.writeString(folder.resolve("captions.jsonl"), "{\"file\": \"a.gif\", \"text\": \"x\"}\n");
    var gone = assertThrows(ModelFormatException.class, () -> OwnClips.open(folder));
    assertTrue(String.valueOf(gone.getMessage()).contains("captions.jsonl:1"), gone.getMessage());
    Files.writeString(folder.resolve("a.gif"), "a");
    Files.writeString(folder.resolve("captions.jsonl"), "\n{\"file\": \"a.gif\", \"texd\": \"x\"}\n");
    var misspelt = assertThrows(ModelFormatException.class, () -> OwnClips.open(folder));
    assertTrue(String.valueOf(misspelt.getMessage()).contains("captions.jsonl:2: text: missing; did you mean texd?"), misspelt
        .getMessage());
    Files.writeString(folder.resolve("captions.jsonl"), "");
    assertThrows(IOException.class, () -> OwnClips.open(folder));
  }

  /// 8 x 4 pixels: the middle square is columns 2 to 5; halved, a pixel is the mean of four.
  @Test
  void takesTheMiddleSquareAndEvenFrames() {
    byte[][] frames = new byte[3][3 * 8 * 4];
    for (int t = 0; t < 3; t++) {
      for (int i = 0; i < 32; i++) frames[t][3 * i] = (byte) (100 * t + i % 8);
    }
    Frames fitted = OwnClips.fitted(Clip.ofRgb(List.of(frames), 8, 4, 8), 2, 2);
    assertEquals(2, fitted.count());
    // columns 2 and 3 have mean 2.5, rounded up; the last frame is the third
    byte[] expected = {3, 0, 0, 5, 0, 0, 3, 0, 0, 5, 0, 0, (byte) 203, 0, 0, (byte) 205, 0, 0, (byte) 203, 0, 0, (byte) 205, 0,
      0};
    assertArrayEquals(expected, fitted.rgb());
  }
}
