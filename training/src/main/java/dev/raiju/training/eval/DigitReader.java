package dev.raiju.training.eval;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Handwriting;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Reads the handwritten digit that an object of a clip is, by a small trained network.
final class DigitReader {
  private static final int SIDE = Handwriting.SIDE;

  private final DigitNet net;
  private final Device device;

  private DigitReader(Device device) {
    this.device = device;
    this.net = DigitNet.trained(device);
  }

  /// Loaded only where there is a digit to read.
  private static final class Lazy {
    static final DigitReader READER = new DigitReader(Device.best());
  }

  static DigitReader reader() { return Lazy.READER; }

  static double[] ink(Handwriting.Sample sample) {
    double[] ink = new double[SIDE * SIDE];
    for (int i = 0; i < ink.length; i++) ink[i] = sample.ink(i % SIDE, i / SIDE) / 255.0;
    return ink;
  }

  /// The digit that the frames of one object show together.
  Digit read(List<Blob> blobs) {
    double[] ink = new double[SIDE * SIDE];
    for (Blob blob : blobs) {
      for (int i = 0; i < ink.length; i++) {
        ink[i] += cover(blob, blob.x() + i % SIDE - (SIDE - 1) / 2.0, blob.y() + i / SIDE - (SIDE - 1) / 2.0) / blobs.size();
      }
    }
    for (int i = 0; i < ink.length; i++) ink[i] = Math.max(ink[i], 0);
    return read(ink);
  }

  /// @param ink 28 x 28, row by row
  Digit read(double[] ink) {
    float[] values = new float[ink.length];
    for (int i = 0; i < ink.length; i++) values[i] = (float) Math.min(ink[i], 1);
    try (Scope scope = Scope.open()) {
      Tensor image = Tensor.of(Spec.of(DType.F32, 1, 1, SIDE, SIDE), MemorySegment.ofArray(values), device);
      float[] scores = net.forward(image).toFloats();
      int best = 0;
      for (int i = 0; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
      return new Digit(best);
    }
  }

  /// The cover at a place between pixel centres.
  private static double cover(Blob blob, double x, double y) {
    double fromLeft = x - 0.5 - blob.left();
    double fromTop = y - 0.5 - blob.top();
    int left = (int) Math.floor(fromLeft);
    int top = (int) Math.floor(fromTop);
    double partX = fromLeft - left;
    double partY = fromTop - top;
    return (1 - partY) * ((1 - partX) * at(blob, left, top) + partX * at(blob, left + 1, top))
        + partY * ((1 - partX) * at(blob, left, top + 1) + partX * at(blob, left + 1, top + 1));
  }

  private static double at(Blob blob, int column, int row) {
    int rows = blob.cover().length / blob.width();
    return column < 0 || row < 0 || column >= blob.width() || row >= rows ? 0 : blob.cover()[row * blob.width() + column];
  }
}
