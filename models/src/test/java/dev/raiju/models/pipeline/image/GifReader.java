package dev.raiju.models.pipeline.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.Node;

/// Plays a GIF: the JDK decodes each frame, which is then laid over the canvas.
final class GifReader {
  final List<BufferedImage> frames = new ArrayList<>();
  final List<Integer> hundredths = new ArrayList<>();
  boolean playsForEver;

  GifReader(byte[] file) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
      reader.setInput(in);
      int count = reader.getNumImages(true);
      IIOMetadataNode stream = (IIOMetadataNode) reader.getStreamMetadata().getAsTree("javax_imageio_gif_stream_1.0");
      Node screen = stream.getElementsByTagName("LogicalScreenDescriptor").item(0);
      BufferedImage canvas = new BufferedImage(number(screen, "logicalScreenWidth"), number(screen, "logicalScreenHeight"),
          BufferedImage.TYPE_INT_ARGB);
      for (int t = 0; t < count; t++) {
        IIOMetadataNode tree = (IIOMetadataNode) reader.getImageMetadata(t).getAsTree("javax_imageio_gif_image_1.0");
        Node place = tree.getElementsByTagName("ImageDescriptor").item(0);
        canvas.createGraphics().drawImage(reader.read(t), number(place, "imageLeftPosition"), number(place, "imageTopPosition"),
            null);
        hundredths.add(number(tree.getElementsByTagName("GraphicControlExtension").item(0), "delayTime"));
        frames.add(canvas.getSubimage(0, 0, canvas.getWidth(), canvas.getHeight()));
        canvas = copy(canvas);
        if (tree.getElementsByTagName("ApplicationExtension").item(0) instanceof IIOMetadataNode loop) {
          byte[] data = (byte[]) loop.getUserObject();
          playsForEver |= data[0] == 1 && data[1] == 0 && data[2] == 0;
        }
      }
    } finally {
      reader.dispose();
    }
  }

  private static BufferedImage copy(BufferedImage image) {
    return new BufferedImage(image.getColorModel(), image.copyData(null), false, null);
  }

  private static int number(Node node, String attribute) {
    return Integer.parseInt(node.getAttributes().getNamedItem(attribute).getNodeValue());
  }
}
