package dev.raiju.models.pipeline;

import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.NameTable;
import dev.raiju.models.nn.ParameterMap.Kind;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;

/// The checkpoint of a model with random values in place of trained ones, made while it is written: a megabyte at a time is in
/// memory, whatever the size.
///
/// Matrices have the variance `1 / in`, so that activations stay as large as they are; norms are about 1. Matrices are bf16, or as
/// MLX stores those of 4 bits; everything else is bf16.
final class RandomWeights {
  private static final int CHUNK = 1 << 20;
  private static final int GROUP = 64;
  // the deviation of a code that is equally often each of 0 to 15
  private static final double CODE_DEVIATION = Math.sqrt((16 * 16 - 1) / 12.0);
  private static final float MIDDLE_CODE = 7.5f;
  private static final short[] NORMAL = normal();

  private final Map<String, Spec> specs = new LinkedHashMap<>();
  private final Map<String, Durable.Contents> contents = new LinkedHashMap<>();
  private final long seed;
  private final boolean quantised;

  private RandomWeights(long seed, boolean quantised) {
    this.seed = seed;
    this.quantised = quantised;
  }

  /// What is written to a file.
  ///
  /// @param skeleton gives names and shapes; its values do not matter
  /// @param quantised whether matrices whose rows divide into groups of 64 are of 4 bits
  static Durable.Contents of(Module<?> skeleton, NameTable names, String naming, boolean quantised, long seed) {
    RandomWeights weights = new RandomWeights(seed, quantised);
    skeleton.map((name, t, kind) -> {
      weights.add(names.theirs(naming, name), t.shape(), kind);
      return t;
    });
    Map<String, String> metadata = quantised
        ? Map.of("format", "mlx", "quantization", "{\"group_size\":64,\"bits\":4}")
        : Map.of("format", "pt");
    return SafeTensors.contents(weights.specs, name -> Objects.requireNonNull(weights.contents.get(name)), metadata);
  }

  private void add(String name, Shape shape, Kind kind) {
    double deviation = 1 / Math.sqrt(shape.rank() < 2 ? 1 : shape.elements() / (double) shape.size(0));
    if (quantised && kind == Kind.MATRIX && shape.size(-1) % GROUP == 0) addQuantised(name, shape, deviation);
    else if (name.endsWith(".weight") && shape.rank() == 1) add(name, new Spec(DType.BF16, shape), 1, 0.1);
    else if (name.endsWith(".bias")) add(name, new Spec(DType.BF16, shape), 0, 0.02);
    else
      add(name, new Spec(DType.BF16, shape), 0, deviation);
  }

  private void add(String name, Spec spec, double mean, double deviation) {
    short[] values = new short[NORMAL.length];
    for (int i = 0; i < values.length; i++) values[i] = Narrow.toBf16((float) (mean + deviation * Narrow.fromBf16(NORMAL[i])));
    put(name, spec, (random, chunk) -> {
      long bits = random.nextLong();
      for (int k = 0; k < 4; k++) chunk.putShort(values[(int) (bits >>> 16 * k) & 0xffff]);
    });
  }

  private void addQuantised(String name, Shape shape, double deviation) {
    String base = name.substring(0, name.length() - ".weight".length());
    put(name, new Spec(DType.U32, shape.with(-1, shape.size(-1) / 8)), (random, chunk) -> chunk.putLong(random.nextLong()));
    Spec groups = new Spec(DType.BF16, shape.with(-1, shape.size(-1) / GROUP));
    // both draw the same numbers, so that each bias belongs to its scale
    String key = base + ".scales";
    put(key, groups, (random, chunk) -> chunk.putShort(Narrow.toBf16(scale(random, deviation))));
    put(base + ".biases", key, groups, (random, chunk) -> chunk.putShort(Narrow.toBf16(-MIDDLE_CODE * scale(random, deviation))));
  }

  private static float scale(SplittableRandom random, double deviation) {
    return (float) (deviation / CODE_DEVIATION * (0.75 + 0.5 * random.nextDouble()));
  }

  /// Puts the next 2 or 8 bytes.
  private interface Step {
    void put(SplittableRandom random, ByteBuffer chunk);
  }

  private void put(String name, Spec spec, Step step) { put(name, name, spec, step); }

  private void put(String name, String key, Spec spec, Step step) {
    specs.put(name, spec);
    // bits in bulk, of which no result depends: the counter-based generator of tensors is not needed
    contents.put(name, out -> write(out, spec.bytes(), new SplittableRandom(seed ^ key.hashCode() * 0x9e3779b97f4a7c15L), step));
  }

  private static void write(WritableByteChannel out, long bytes, SplittableRandom random, Step step) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long left = bytes; left > 0; left -= CHUNK) {
      chunk.clear();
      while (chunk.position() < Math.min(left, CHUNK)) step.put(random, chunk);
      chunk.flip().limit((int) Math.min(left, CHUNK));
      out.write(chunk);
    }
  }

  /// Normal numbers to pick from.
  private static short[] normal() {
    Random random = new Random(1);
    short[] values = new short[1 << 16];
    for (int i = 0; i < values.length; i++) values[i] = Narrow.toBf16((float) random.nextGaussian());
    return values;
  }
}
