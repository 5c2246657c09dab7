package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/// GGUF files whose fields are each well formed and together are not.
final class GgufMutants {
  private static final long[] NUMBERS = {0, 1, 2, 3, 4, 31, 32, 33, 64, 256, 0x7fffffffL, 0x80000000L, 0x80000001L, 0xffffffffL,
    0x100000000L, 0x100000001L, 1L << 53, (1L << 53) + 1, 1L << 58, 1L << 60, 1L << 61, 1L << 62, (1L << 62) + 1,
    Long.MAX_VALUE - 31, Long.MAX_VALUE, Long.MIN_VALUE, -1, -32};
  private static final int[] TYPES = {0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 24, 25, 26, 27, 28, 30, 4, 9, 15, 31, -1};
  private static final String[] NAMES = {"", "a", "b", "t0", "general.alignment", "\u00e9", "a".repeat(4096), "a".repeat(4097),
    "\0"};

  private GgufMutants() {}

  private static long pick(SplittableRandom random) { return NUMBERS[random.nextInt(NUMBERS.length)]; }

  private static boolean rarely(SplittableRandom random) { return random.nextInt(30) == 0; }

  /// A number that is right but for rare cases.
  private static long number(SplittableRandom random, long right) { return rarely(random) ? pick(random) : right; }

  private static String name(SplittableRandom random, String right) {
    return rarely(random) ? NAMES[random.nextInt(NAMES.length)] : right;
  }

  static byte[] file(SplittableRandom random) {
    int tensors = random.nextInt(4);
    int keys = random.nextInt(4);
    GgufMaker maker = new GgufMaker().bytes(rarely(random) ? "GGML" : "GGUF").i32(number(random, 2 + random.nextInt(2))).i64(
        number(random, tensors)).i64(number(random, keys));
    for (int i = 0; i < keys; i++) key(random, maker, i);
    long begin = 0;
    for (int i = 0; i < tensors; i++) {
      int type = TYPES[random.nextInt(random.nextInt(6) == 0 ? TYPES.length : 18)];
      long[] sizes = new long[random.nextInt(rarely(random) ? 11 : 4)];
      for (int axis = 0; axis < sizes.length; axis++) sizes[axis] = number(random, random.nextInt(4));
      long unit = GgufTypes.type(type).map(DType::unit).orElse(1);
      if (unit > 1 && !rarely(random)) sizes = new long[] {unit * random.nextInt(3), random.nextInt(3)};
      maker.tensor(name(random, "t" + i), type, number(random, begin), sizes);
      begin = Math.clamp(begin + (bytes(type, sizes) + 31) / 32 * 32, 0, 1 << 20);
    }
    int data = (int) Math.max(0, Math.min(8192, number(random, begin)));
    return maker.data(random.nextInt(8) == 0 ? Math.max(0, data - random.nextInt(40)) : data).make();
  }

  private static long bytes(int type, long[] sizes) {
    long elements = LongStream.of(sizes).reduce(1, (a, b) -> a * b);
    return GgufTypes.type(type).map(t -> elements / t.unit() * t.unitBytes()).orElse(elements);
  }

  private static void key(SplittableRandom random, GgufMaker maker, int i) {
    if (random.nextInt(4) == 0) {
      maker.text(name(random, "general.alignment")).i32(number(random, 4)).i32(number(random, 32));
    } else {
      maker.text(name(random, "k" + i));
      value(random, maker, random.nextInt(13), 0);
    }
  }

  private static void value(SplittableRandom random, GgufMaker maker, int kind, int depth) {
    maker.i32(number(random, kind));
    plain(random, maker, kind, depth);
  }

  private static void plain(SplittableRandom random, GgufMaker maker, int kind, int depth) {
    switch (kind) {
      case 0, 1 -> maker.u8(random.nextInt(256));
      case 2, 3 -> maker.u8(1).u8(2);
      case 7 -> maker.u8(random.nextInt(rarely(random) ? 256 : 2));
      case 8 -> {
        if (rarely(random)) maker.i64(pick(random)).bytes("text");
        else
          maker.text("text\u00e9".substring(random.nextInt(4)));
      }
      case 9 -> {
        int inner = depth > 5 ? 0 : random.nextInt(3) == 0 ? 9 : random.nextInt(13);
        int count = random.nextInt(random.nextInt(8) == 0 && depth == 0 ? 20 : 3);
        maker.i32(number(random, inner)).i64(number(random, count));
        for (int i = 0; i < count; i++) plain(random, maker, inner, depth + 1);
      }
      case 10, 11, 12 -> maker.i64(pick(random));
      default -> maker.i32(pick(random));
    }
  }
}
