package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import java.awt.AlphaComposite;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.NodeList;

/// Animated GIFs as they are seen: every frame over what the ones before left, transparent places white.
final class GifFile {
  private static final String FORMAT = "javax_imageio_gif_image_1.0";
  private static final int SLOWEST_DELAY = 10;

  private GifFile() {}

  static Clip still(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    if (image == null) throw new IOException(file + ": no image that can be read");
    return Clip.of(List.of(onWhite(image, image.getWidth(), image.getHeight())), 1);
  }

  static Clip read(Path file) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      List<BufferedImage> frames = new ArrayList<>();
      int hundredths = 0;
      BufferedImage canvas = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
      for (int i = 0; i < reader.getNumImages(true); i++) {
        BufferedImage patch = reader.read(i);
        IIOMetadataNode tree = (IIOMetadataNode) reader.getImageMetadata(i).getAsTree(FORMAT);
        IIOMetadataNode place = child(tree, "ImageDescriptor");
        IIOMetadataNode control = child(tree, "GraphicControlExtension");
        int left = number(place, "imageLeftPosition");
        int top = number(place, "imageTopPosition");
        if (i == 0)
          canvas = new BufferedImage(screen(reader, "logicalScreenWidth", left + patch.getWidth()), screen(reader,
              "logicalScreenHeight", top + patch.getHeight()), BufferedImage.TYPE_INT_ARGB);
        BufferedImage before = copy(canvas);
        draw(canvas, patch, left, top);
        frames.add(onWhite(canvas, canvas.getWidth(), canvas.getHeight()));
        hundredths += number(control, "delayTime");
        switch (control.getAttribute("disposalMethod")) {
          case "restoreToPrevious" -> canvas = before;
          case "restoreToBackgroundColor" -> clear(canvas, left, top, patch.getWidth(), patch.getHeight());
          default -> {
            // what was drawn stays
          }
        }
      }
      if (frames.isEmpty()) throw new IOException(file + ": a GIF without frames");
      int delay = hundredths == 0 ? SLOWEST_DELAY : Math.max(1, hundredths / frames.size());
      return Clip.of(frames, Math.max(1, 100 / delay));
    } catch (RuntimeException e) {
      throw new IOException(file + ": a damaged GIF: " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static int screen(ImageReader reader, String side, int otherwise) throws IOException {
    IIOMetadataNode tree = (IIOMetadataNode) reader.getStreamMetadata().getAsTree("javax_imageio_gif_stream_1.0");
    NodeList found = tree.getElementsByTagName("LogicalScreenDescriptor");
    return found.getLength() == 0 ? otherwise : number((IIOMetadataNode) found.item(0), side);
  }

  private static IIOMetadataNode child(IIOMetadataNode tree, String name) {
    NodeList found = tree.getElementsByTagName(name);
    return found.getLength() == 0 ? new IIOMetadataNode(name) : (IIOMetadataNode) found.item(0);
  }

  private static int number(IIOMetadataNode node, String attribute) {
    String text = node.getAttribute(attribute);
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }

  private static BufferedImage copy(BufferedImage image) {
    BufferedImage copy = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_ARGB);
    draw(copy, image, 0, 0);
    return copy;
  }

  private static void draw(BufferedImage canvas, BufferedImage patch, int left, int top) {
    Graphics2D graphics = canvas.createGraphics();
    graphics.drawImage(patch, left, top, null);
    graphics.dispose();
  }

  private static void clear(BufferedImage canvas, int left, int top, int width, int height) {
    Graphics2D graphics = canvas.createGraphics();
    graphics.setComposite(AlphaComposite.Clear);
    graphics.fillRect(left, top, width, height);
    graphics.dispose();
  }

  private static BufferedImage onWhite(BufferedImage image, int width, int height) {
    BufferedImage white = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = white.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    graphics.drawImage(image, 0, 0, null);
    graphics.dispose();
    return white;
  }
}
