package dev.raiju.export.video;

import java.nio.ByteBuffer;
import org.jcodec.codecs.h264.H264Encoder;
import org.jcodec.codecs.h264.H264Utils;
import org.jcodec.codecs.h264.encode.RateControl;
import org.jcodec.codecs.h264.io.model.AspectRatio;
import org.jcodec.codecs.h264.io.model.NALUnit;
import org.jcodec.codecs.h264.io.model.NALUnitType;
import org.jcodec.codecs.h264.io.model.SeqParameterSet;
import org.jcodec.codecs.h264.io.model.SliceType;
import org.jcodec.codecs.h264.io.model.VUIParameters;
import org.jcodec.common.VideoEncoder.EncodedFrame;
import org.jcodec.common.model.ColorSpace;
import org.jcodec.common.model.Picture;
import org.jcodec.common.model.Rect;
import org.jcodec.common.model.Size;

/// H.264 pictures by JCodec, with a constant quantiser.
///
/// Only the coder of macroblocks is JCodec's. Its ready-made encoder takes full-range colour for limited and steers towards a
/// size (28.7 dB where this gives over 40), and its container differs from run to run and holds no colour tags.
final class AvcEncoder {
  /// One picture in so many stands alone, so that a player can seek.
  private static final int KEY_INTERVAL = 25;
  private static final int PARAMETER_BYTES = 128;

  // even noise of black and white stays below 2 at quantiser 10
  private static final int BYTES_PER_PIXEL = 4;

  private final H264Encoder encoder;
  private final ByteBuffer buffer;
  private final int width;
  private final int height;

  /// For pictures of even sides.
  AvcEncoder(int width, int height, int quantiser) {
    this.width = width;
    this.height = height;
    this.encoder = new H264Encoder(new ConstantQuantiser(quantiser));
    encoder.setKeyInterval(KEY_INTERVAL);
    this.buffer = ByteBuffer.allocate(Math.max(1 << 16, BYTES_PER_PIXEL * (width + 15) * (height + 15)));
  }

  /// A coded picture: NAL units, each behind its length in four bytes.
  record Sample(byte[] data, boolean isKey) {}

  /// What a decoder must know first: sequence and picture parameter sets as NAL units, and the size that is shown.
  record Parameters(byte[] sequence, byte[] picture, int width, int height) {}

  /// Codes the next picture, given as RGB.
  Sample encode(byte[] rgb) {
    YuvPlanes planes = YuvPlanes.of(rgb, width, height);
    byte[][] data = {planes.y(), planes.cb(), planes.cr()};
    // JCodec holds a coded picture in one byte per pixel, too little for noise: so the picture claims to be taller than the
    // part that it asks to be shown, which is the part that is read
    Picture picture = new Picture(planes.width(), BYTES_PER_PIXEL * planes.height(), data, null, ColorSpace.YUV420J, 0,
        new Rect(0, 0, width, height));
    buffer.clear();
    EncodedFrame frame = encoder.encodeFrame(picture, buffer);
    return new Sample(withLengths(frame.getData()), frame.isKeyFrame());
  }

  /// The parameter sets of all pictures.
  Parameters parameters(int framesPerSecond) {
    SeqParameterSet sequence = encoder.initSPS(new Size(width, height));
    sequence.constraintSet0Flag = true;
    sequence.constraintSet1Flag = true;
    int macroblocks = (sequence.picWidthInMbsMinus1 + 1) * (sequence.picHeightInMapUnitsMinus1 + 1);
    sequence.levelIdc = macroblocks <= 3600 && macroblocks * framesPerSecond <= 245_760 ? 40 : 51;
    sequence.vuiParams = display();
    ByteBuffer sequenceBits = ByteBuffer.allocate(PARAMETER_BYTES);
    sequence.write(sequenceBits);
    ByteBuffer pictureBits = ByteBuffer.allocate(PARAMETER_BYTES);
    encoder.initPPS().write(pictureBits);
    return new Parameters(unit(NALUnitType.SPS, sequenceBits), unit(NALUnitType.PPS, pictureBits), width, height);
  }

  /// Limited range, primaries of BT.709, transfer of sRGB, matrix of BT.601, chroma in the middle of its four pixels, square
  /// pixels, and pictures shown in the order they are stored in.
  private static VUIParameters display() {
    VUIParameters display = new VUIParameters();
    display.aspectRatioInfoPresentFlag = true;
    display.aspectRatio = AspectRatio.fromValue(1);
    display.videoSignalTypePresentFlag = true;
    display.videoFormat = 5;
    display.colourDescriptionPresentFlag = true;
    display.colourPrimaries = Mp4File.PRIMARIES;
    display.transferCharacteristics = Mp4File.TRANSFER;
    display.matrixCoefficients = Mp4File.MATRIX;
    display.chromaLocInfoPresentFlag = true;
    display.chromaSampleLocTypeTopField = 1;
    display.chromaSampleLocTypeBottomField = 1;
    display.bitstreamRestriction = new VUIParameters.BitstreamRestriction();
    display.bitstreamRestriction.motionVectorsOverPicBoundariesFlag = true;
    display.bitstreamRestriction.log2MaxMvLengthHorizontal = 10;
    display.bitstreamRestriction.log2MaxMvLengthVertical = 10;
    display.bitstreamRestriction.maxDecFrameBuffering = 1;
    return display;
  }

  private static byte[] unit(NALUnitType type, ByteBuffer bits) {
    ByteBuffer unit = ByteBuffer.allocate(2 * PARAMETER_BYTES);
    new NALUnit(type, 3).write(unit);
    H264Utils.escapeNAL(bits.flip(), unit);
    return bytes(unit.flip());
  }

  /// The NAL units of a picture behind their lengths instead of behind start codes, less the parameter sets that JCodec repeats.
  private static byte[] withLengths(ByteBuffer startCoded) {
    ByteBuffer sample = ByteBuffer.allocate(startCoded.remaining());
    for (ByteBuffer unit : H264Utils.splitFrame(startCoded)) {
      int type = unit.get(unit.position()) & 0x1f;
      if (type == NALUnitType.SPS.getValue() || type == NALUnitType.PPS.getValue()) continue;
      sample.putInt(unit.remaining()).put(unit);
    }
    return bytes(sample.flip());
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /// A quantiser that never changes.
  private record ConstantQuantiser(int quantiser) implements RateControl {
    @Override
    public int startPicture(Size size, int largestBytes, SliceType type) { return quantiser; }

    @Override
    public int initialQpDelta() { return 0; }

    @Override
    public int accept(int bits) { return 0; }
  }
}
