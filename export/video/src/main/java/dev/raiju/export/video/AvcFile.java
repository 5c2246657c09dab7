package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jcodec.api.FrameGrab;
import org.jcodec.api.JCodecException;
import org.jcodec.common.io.FileChannelWrapper;
import org.jcodec.common.io.NIOUtils;
import org.jcodec.common.model.ColorSpace;
import org.jcodec.common.model.Picture;
import org.jcodec.common.model.Rational;
import org.jcodec.containers.mp4.MP4Util;
import org.jcodec.containers.mp4.boxes.MovieBox;
import org.jcodec.containers.mp4.boxes.TrakBox;

/// H.264 in MP4 by JCodec, with the colours of BT.601 in the range of television, as [Mp4Writer] writes them.
final class AvcFile {
  private AvcFile() {}

  /// The four letters of the first video track's codec: `avc1`, `hvc1`, `av01`.
  ///
  /// @throws IOException if it is no MP4 with a video track
  static String codec(Path file) throws IOException {
    try {
      MovieBox movie = MP4Util.parseMovie(file.toFile());
      TrakBox track = movie == null ? null : movie.getVideoTrack();
      if (track != null) return track.getSampleEntries()[0].getFourcc();
    } catch (RuntimeException e) {
      throw new IOException(file + ": a damaged MP4: " + e.getMessage(), e);
    }
    throw new IOException(file + ": no video track");
  }

  static Clip read(Path file) throws IOException {
    try (FileChannelWrapper channel = NIOUtils.readableChannel(file.toFile())) {
      FrameGrab grab = FrameGrab.createFrameGrab(channel);
      Rational rate = movieRate(grab);
      List<byte[]> frames = new ArrayList<>();
      int width = 0;
      int height = 0;
      for (Picture picture = grab.getNativeFrame(); picture != null; picture = grab.getNativeFrame()) {
        width = picture.getCroppedWidth();
        height = picture.getCroppedHeight();
        frames.add(rgb(picture, width, height));
      }
      if (frames.isEmpty()) throw new IOException(file + ": no frames");
      return Clip.ofRgb(frames, width, height, Math.max(1, Math.round((float) rate.getNum() / rate.getDen())));
    } catch (JCodecException | RuntimeException e) {
      throw new IOException(file + ": codec avc1: not read: " + e.getMessage() + "; needs ffmpeg or another file", e);
    }
  }

  private static Rational movieRate(FrameGrab grab) {
    var meta = grab.getVideoTrack().getMeta();
    double seconds = meta.getTotalDuration();
    int frames = meta.getTotalFrames();
    return seconds > 0 && frames > 0 ? Rational.R(Math.max(1, (int) Math.round(frames / seconds)), 1) : Rational.R(16, 1);
  }

  private static byte[] rgb(Picture picture, int width, int height) throws IOException {
    if (picture.getColor() != ColorSpace.YUV420 && picture.getColor() != ColorSpace.YUV420J)
      throw new IOException("colours " + picture.getColor() + "; needs 4:2:0");
    byte[] luma = picture.getPlaneData(0);
    byte[] blue = picture.getPlaneData(1);
    byte[] red = picture.getPlaneData(2);
    int stride = picture.getWidth();
    byte[] rgb = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        // JCodec keeps bytes around zero
        double l = 1.164384 * (luma[y * stride + x] + 128 - 16);
        int chroma = y / 2 * (stride / 2) + x / 2;
        double u = blue[chroma];
        double v = red[chroma];
        int at = 3 * (y * width + x);
        rgb[at] = clamp(l + 1.596027 * v);
        rgb[at + 1] = clamp(l - 0.391762 * u - 0.812968 * v);
        rgb[at + 2] = clamp(l + 2.017232 * u);
      }
    }
    return rgb;
  }

  private static byte clamp(double value) { return (byte) Math.clamp(Math.round(value), 0, 255); }
}
