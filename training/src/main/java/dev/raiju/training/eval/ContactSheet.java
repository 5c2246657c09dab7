package dev.raiju.training.eval;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.training.data.Frames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// One picture of many clips: a row for each, its text on the left and some of its frames beside it, evenly spread from the
/// first to the last.
///
/// @param rgb `[height, width, 3]` bytes
public record ContactSheet(int width, int height, byte[] rgb) {
  private static final int TEXT_COLUMNS = 26;
  private static final int PADDING = 4;
  private static final int PAPER = 40;
  private static final int TEXT = 230;

  /// A clip and what to say of it.
  public record Row(String text, Frames frames) {}

  /// Composes the rows, whose clips must have the same height and width.
  ///
  /// @param columns how many frames of each clip; fewer if it has fewer
  /// @param scale how many pixels a pixel becomes, in height and width
  public static ContactSheet of(List<Row> rows, int columns, int scale) {
    if (rows.isEmpty() || columns < 1 || scale < 1) {
      throw new IllegalArgumentException(
          "contact sheet: " + rows.size() + " rows, " + columns + " columns, scale " + scale + ": all must be 1 or more");
    }
    int cellWidth = rows.getFirst().frames().width() * scale + PADDING;
    int cellHeight = rows.getFirst().frames().height() * scale + PADDING;
    int textWidth = TEXT_COLUMNS * BitmapFont.ADVANCE * scale + PADDING;
    int width = PADDING + textWidth + columns * cellWidth;
    int height = PADDING + rows.size() * cellHeight;
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    Arrays.fill(rgb, (byte) PAPER);
    ContactSheet sheet = new ContactSheet(width, height, rgb);
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      int top = PADDING + i * cellHeight;
      if (row.frames().width() * scale + PADDING != cellWidth || row.frames().height() * scale + PADDING != cellHeight) {
        throw new IllegalArgumentException("contact sheet: row " + i + ": " + row.frames()
            + "; needs the sizes of the first row, "
            + rows.getFirst().frames());
      }
      sheet.write(row.text(), PADDING, top, cellHeight - PADDING, scale);
      int shown = Math.min(columns, row.frames().count());
      for (int c = 0; c < shown; c++) {
        int frame = shown == 1 ? 0 : Math.round((float) c * (row.frames().count() - 1) / (shown - 1));
        sheet.paste(row.frames(), frame, PADDING + textWidth + c * cellWidth, top, scale);
      }
    }
    return sheet;
  }

  /// Saves the picture, `.png`.
  public void save(Path file) throws IOException { Clip.ofRgb(List.of(rgb), width, height, 1).save(file); }

  private void paste(Frames frames, int frame, int left, int top, int scale) {
    for (int y = 0; y < frames.height() * scale; y++) {
      for (int x = 0; x < frames.width() * scale; x++) {
        System.arraycopy(frames.rgb(), frames.offset(frame, y / scale, x / scale), rgb, 3 * ((top + y) * width + left + x), 3);
      }
    }
  }

  /// Writes lines of text, broken between words, as far as there is room.
  private void write(String text, int left, int top, int room, int scale) {
    List<String> lines = broken(text);
    int lineHeight = (BitmapFont.HEIGHT + 2) * scale;
    for (int i = 0; i < lines.size() && (i + 1) * lineHeight <= room; i++) {
      for (int c = 0; c < lines.get(i).length(); c++) {
        draw(lines.get(i).charAt(c), left + c * BitmapFont.ADVANCE * scale, top + i * lineHeight, scale);
      }
    }
  }

  private void draw(char character, int left, int top, int scale) {
    for (int y = 0; y < BitmapFont.HEIGHT * scale; y++) {
      for (int x = 0; x < BitmapFont.WIDTH * scale; x++) {
        if (!BitmapFont.font().dot(character, x / scale, y / scale)) continue;
        int at = 3 * ((top + y) * width + left + x);
        Arrays.fill(rgb, at, at + 3, (byte) TEXT);
      }
    }
  }

  static List<String> broken(String text) {
    List<String> lines = new ArrayList<>();
    String line = "";
    for (String word : text.strip().split("\\s+")) {
      String rest = word;
      if (!line.isEmpty() && line.length() + 1 + rest.length() > TEXT_COLUMNS) {
        lines.add(line);
        line = "";
      }
      for (; rest.length() > TEXT_COLUMNS; rest = rest.substring(TEXT_COLUMNS)) lines.add(rest.substring(0, TEXT_COLUMNS));
      line = line.isEmpty() ? rest : line + " " + rest;
    }
    lines.add(line);
    return lines;
  }
}
