package dev.raiju.tensor.io;

import java.util.SplittableRandom;

/// Archives and pickles like those of PyTorch whose parts are each well formed and together are not.
final class TorchMutants {
  private static final long[] NUMBERS = {0, 1, 2, 3, 4, 8, 127, 255, 0xffff, 0x7fffffffL, 0x80000000L, 0xffffffffL, 0x100000000L,
    0x100000001L, 1L << 53, 1L << 61, 1L << 62, (1L << 62) + 1, Long.MAX_VALUE, Long.MIN_VALUE, -1, -2, -8};
  private static final String[] GLOBALS = {"collections OrderedDict", PickleMaker.TENSOR, "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_tensor_v3", "torch FloatStorage", "torch HalfStorage", "torch float32", "torch Size",
    "torch.storage UntypedStorage", "os system", "builtins eval"};
  private static final String[] STORAGES = {"FloatStorage", "HalfStorage", "ByteStorage", "DoubleStorage", "float32", "Nothing"};
  private static final String[] NAMES = {"w", "a.b", "state_dict", "model", "", "w".repeat(4097), "\u00e9", "7"};
  private static final int[] OPCODES = {'(', '0', 'N', 0x88, 0x89, 'K', 'M', 'J', 0x8a, 'G', 'X', 0x8c, '}', ']', ')', 't', 0x85,
    0x86, 0x87, 'a', 'e', 's', 'u', 'c', 0x93, 'Q', 'R', 'b', 0x94, 'q', 'r', 'h', 'j', '.', 0x95, 0x80, 'i', 'o', 0x81};

  private TorchMutants() {}

  private static long pick(SplittableRandom random) { return NUMBERS[random.nextInt(NUMBERS.length)]; }

  private static boolean rarely(SplittableRandom random) { return random.nextInt(25) == 0; }

  private static long number(SplittableRandom random, long right) { return rarely(random) ? pick(random) : right; }

  private static String pick(SplittableRandom random, String[] table) { return table[random.nextInt(table.length)]; }

  /// A pickle of a dictionary of tensors, with parts replaced, repeated and left out.
  static byte[] pickle(SplittableRandom random) {
    PickleMaker maker = new PickleMaker().op(0x80, (int) number(random, 2) & 255).op('}');
    for (int i = random.nextInt(4); i > 0; i--) {
      maker.text(rarely(random) ? pick(random, NAMES) : "t" + i);
      if (random.nextInt(6) == 0) maker.op('}').text("in");
      tensor(random, maker);
      if (random.nextInt(3) == 0) noise(random, maker);
      maker.op('s');
    }
    if (rarely(random)) maker.op('.');
    return rarely(random) ? maker.bytes() : maker.stopped();
  }

  private static void tensor(SplittableRandom random, PickleMaker maker) {
    int rank = random.nextInt(rarely(random) ? 11 : 3);
    long[] sizes = new long[rank];
    long[] strides = new long[rarely(random) ? random.nextInt(4) : rank];
    for (int i = 0; i < rank; i++) sizes[i] = number(random, random.nextInt(3));
    for (int i = 0; i < strides.length; i++) strides[i] = number(random, random.nextInt(2));
    maker.global(rarely(random) ? pick(random, GLOBALS) : PickleMaker.TENSOR).op('(');
    maker.storage(rarely(random) ? pick(random, STORAGES) : "FloatStorage", rarely(random) ? "1" : "0", number(random, 2));
    maker.whole(number(random, 0)).wholes(sizes).wholes(strides).op(0x89).global("collections OrderedDict").op(")RtR");
  }

  /// A few opcodes that may mean anything there.
  private static void noise(SplittableRandom random, PickleMaker maker) {
    for (int i = random.nextInt(4); i > 0; i--) {
      switch (random.nextInt(8)) {
        case 0 -> maker.op("q\1");
        case 1 -> maker.op("h\1");
        case 2 -> maker.whole(pick(random)).op('0');
        case 3 -> maker.op("}b");
        case 4 -> maker.op(OPCODES[random.nextInt(OPCODES.length)], random.nextInt(256));
        case 5 -> maker.op("0]q\1h\1a");
        case 6 -> maker.global(pick(random, GLOBALS)).op('0');
        default -> maker.text(pick(random, NAMES)).op('0');
      }
    }
  }

  static byte[] archive(SplittableRandom random) {
    ZipMaker zip = ZipMaker.torch(random.nextInt(4) == 0 ? pickle(random) : PickleMaker.sound().stopped());
    zip.large = random.nextInt(3) == 0;
    for (int edits = random.nextInt(4); edits > 0; edits--) {
      ZipMaker.Part part = zip.parts.get(random.nextInt(zip.parts.size()));
      switch (random.nextInt(20)) {
        case 0 -> {
          part.name = pick(random, new String[] {"x/data/0", "../x", "/x", "x//y", "", "x/data.pkl", "y/data.pkl"});
          if (random.nextBoolean()) part.localName = part.name;
        }
        case 1 -> part.localName = part.name + "0";
        case 2 -> part.size = pick(random);
        case 3 -> {
          part.size = pick(random);
          part.packed = part.size;
          part.localSize = random.nextBoolean() ? part.size : part.localSize;
        }
        case 4 -> part.shift = pick(random);
        case 5 -> part.flags = 1 << random.nextInt(16);
        case 6 -> part.method = 8;
        case 7 -> part.localMethod = 8;
        case 8 -> part.crc ^= 1;
        case 9 -> part.disk = 1;
        case 10 -> part.extra = new byte[] {1, 0, (byte) random.nextInt(12), 0, 1, 2, 3, 4, 5, 6, 7, 8};
        case 11 -> part.extraRoom = random.nextInt(100);
        case 12 -> zip.count = pick(random);
        case 13 -> zip.bytes = pick(random);
        case 14 -> zip.begin = pick(random);
        case 15 -> zip.largeShift = pick(random);
        case 16 -> zip.largeCount = pick(random);
        case 17 -> {
          if (random.nextBoolean()) zip.commentRoom = random.nextInt(3);
          else
            zip.parts.set(1, new ZipMaker.Part("x/byteorder", Fixtures.latin("big")));
        }
        case 18 -> zip.gap = new byte[random.nextInt(5)];
        default -> zip.parts.add(random.nextBoolean() ? part : new ZipMaker.Part("x/data/" + random.nextInt(3), new byte[4]));
      }
    }
    return zip.make();
  }
}
