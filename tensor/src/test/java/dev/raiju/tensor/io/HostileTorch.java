package dev.raiju.tensor.io;

import static dev.raiju.tensor.io.Fixtures.source;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.HostileCases.Case;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.ZipMaker.Part;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/// Hand-made files like those of PyTorch that must be refused: archives that lie, and pickles that are gadgets or bombs.
final class HostileTorch {
  private final List<Case> cases = new ArrayList<>();

  private HostileTorch() {
    files();
    ends();
    entries();
    globals();
    machines();
    bombs();
    tensors();
  }

  static List<Case> all() { return new HostileTorch().cases; }

  private void file(Reason expected, String name, byte[] bytes) {
    cases.add(new Case("pth, " + name, expected, (guard, _) -> TorchZip.read(source(bytes), guard)));
  }

  private void zip(Reason expected, String name, Consumer<ZipMaker> change) {
    ZipMaker zip = ZipMaker.torch(PickleMaker.sound().stopped());
    change.accept(zip);
    file(expected, name, zip.make());
  }

  /// With a lie about the storage, the last entry.
  private void part(Reason expected, String name, Consumer<Part> change) {
    zip(expected, name, zip -> change.accept(zip.parts.getLast()));
  }

  private void pickle(Reason expected, String name, byte[] pickle) { file(expected, name, ZipMaker.torch(pickle).make()); }

  private void pickle(Reason expected, String name, PickleMaker maker) { pickle(expected, name, maker.stopped()); }

  private void files() {
    file(Reason.TOO_SHORT, "empty file", new byte[0]);
    file(Reason.TOO_SHORT, "21 bytes", new byte[21]);
    file(Reason.TORCH_LEGACY, "the old container", Fixtures.bytes("legacy.pth"));
    file(Reason.TORCH_LEGACY, "a bare pickle", PickleMaker.sound().stopped());
    file(Reason.ZIP_END, "no end", new byte[1000]);
    file(Reason.ZIP_END, "cut in the middle", Arrays.copyOf(Fixtures.bytes("tiny.pth"), 700));
    zip(Reason.PICKLE_MISSING, "no pickle", zip -> zip.parts.removeFirst());
    zip(Reason.PICKLE_MISSING, "two pickles", zip -> zip.parts.add(new Part("y/data.pkl", new byte[0])));
    zip(Reason.PICKLE_MISSING, "pickle in no folder", zip -> zip.parts.set(0, new Part("data.pkl", new byte[0])));
    zip(Reason.TORCH_BYTE_ORDER, "big-endian", zip -> zip.parts.set(1, new Part("x/byteorder", Fixtures.latin("big"))));
    cases.add(new Case("pth, pickle of 100,000,001 bytes", Reason.HEADER_TOO_LARGE, (guard, _) -> TorchZip.read(largePickle(
        100_000_001), guard)));
    zip(Reason.ZIP_CHECKSUM, "pickle with another checksum", zip -> zip.parts.getFirst().crc ^= 1);
  }

  /// An archive whose last entry is a pickle of so many zeros, which are nowhere.
  private static ByteSource largePickle(int bytes) {
    ZipMaker zip = new ZipMaker();
    zip.parts.add(new Part("x/data.pkl", new byte[0]));
    zip.parts.getLast().size = bytes;
    zip.parts.getLast().packed = bytes;
    zip.parts.getLast().localSize = bytes;
    zip.begin = bytes;
    byte[] around = zip.make();
    int hole = 30 + "x/data.pkl".length();
    return new ByteSource() {
      @Override
      public long size() { return around.length + bytes; }

      @Override
      public byte[] read(long offset, int length) {
        byte[] read = new byte[length];
        for (int i = 0; i < length; i++) {
          long at = offset + i;
          if (at < hole || at >= hole + bytes) read[i] = around[(int) (at < hole ? at : at - bytes)];
        }
        return read;
      }
    };
  }

  private void ends() {
    zip(Reason.ZIP_END, "end with a comment longer than the file", zip -> zip.commentRoom = 1);
    zip(Reason.ZIP_SPLIT, "second of two parts", zip -> zip.disk = 1);
    zip(Reason.ZIP_DISAGREES, "one entry too few", zip -> zip.count = -1);
    zip(Reason.ZIP_RECORD, "one entry too many", zip -> zip.count = 1);
    zip(Reason.ZIP_DISAGREES, "directory a byte too short", zip -> zip.bytes = -1);
    zip(Reason.ZIP_DISAGREES, "directory a byte too long", zip -> zip.bytes = 1);
    zip(Reason.ZIP_DISAGREES, "directory a byte too early", zip -> zip.begin = -1);
    zip(Reason.ZIP_DISAGREES, "directory beyond the file", zip -> zip.begin = 1 << 30);
    zip(Reason.ZIP_DISAGREES, "directory at 2^32 - 1 without a large end", zip -> zip.begin = -1000_000);
    zip(Reason.ZIP_DISAGREES, "something before the archive", zip -> {
      zip.begin = -4;
      zip.parts.forEach(part -> part.shift = -4);
    });
    zip(Reason.ZIP_DISAGREES, "the two ends differ", zip -> {
      zip.large = true;
      zip.largeCount = 1;
    });
    zip(Reason.ZIP_DISAGREES, "large end beyond the file", zip -> {
      zip.large = true;
      zip.largeShift = 1L << 40;
    });
    zip(Reason.ZIP_DISAGREES, "large end at 2^63", zip -> {
      zip.large = true;
      zip.largeShift = Long.MIN_VALUE;
    });
    zip(Reason.ZIP_RECORD, "no large end where it should be", zip -> {
      zip.large = true;
      zip.largeSignature = 0;
    });
    zip(Reason.ZIP_SPLIT, "large end in another part", zip -> {
      zip.large = true;
      zip.largeDisk = 1;
    });
    zip(Reason.TOO_MANY_ENTRIES, "2^62 entries", zip -> {
      zip.large = true;
      zip.largeCount = 1L << 62;
      zip.count = 0xffff - zip.parts.size();
    });
  }

  private void entries() {
    for (String name : List.of("", "/x/data/0", "../x", "x/../../etc/passwd", "x/./y", "x//y", "x\\data\\0", "C:x", "x/\0",
        "x/\n",
        "..", "x/..")) {
      part(Reason.ZIP_NAME, "entry called " + name, part -> {
        part.name = name;
        part.localName = name;
      });
    }
    zip(Reason.NAME_TWICE, "entry twice", zip -> zip.parts.add(new Part("x/data/0", new byte[8])));
    part(Reason.ZIP_ENCRYPTED, "encrypted", part -> part.flags = 1);
    part(Reason.ZIP_COMPRESSED, "deflated", part -> part.method = 8);
    part(Reason.ZIP_COMPRESSED, "a bomb, 1 to 1000", part -> {
      part.method = 8;
      part.size = 8000;
    });
    part(Reason.ZIP_SPLIT, "in another part", part -> part.disk = 1);
    part(Reason.ZIP_RECORD, "another signature in the directory", part -> part.signature = 0);
    part(Reason.ZIP_RECORD, "another signature at its place", part -> part.localSignature = 0);
    part(Reason.ZIP_DISAGREES, "another name at its place", part -> part.localName = "x/data/1");
    part(Reason.ZIP_DISAGREES, "a longer name at its place", part -> part.localName = "x/data/00");
    part(Reason.ZIP_DISAGREES, "deflated at its place", part -> part.localMethod = 8);
    part(Reason.ZIP_DISAGREES, "another size at its place", part -> part.localSize = 7);
    part(Reason.ZIP_DISAGREES, "two sizes", part -> part.packed = 7);
    part(Reason.ZIP_OUTSIDE, "larger than the file", part -> {
      part.size = 1 << 30;
      part.packed = 1 << 30;
      part.flags = 8;
    });
    part(Reason.ZIP_OUTSIDE, "at the end of the file", part -> part.shift = 1 << 30);
    part(Reason.ZIP_OUTSIDE, "2^63 bytes", part -> large(part, Long.MIN_VALUE, 0));
    part(Reason.ZIP_OUTSIDE, "at 2^63", part -> large(part, 8, Long.MIN_VALUE));
    part(Reason.ZIP_EXTRA, "extra field longer than its room", part -> part.extra = new byte[] {1, 0, 9, 0});
    part(Reason.ZIP_TRUNCATED, "extra field longer than the directory", part -> part.extraRoom = 1000);
    zip(Reason.OVERLAP, "an entry that holds the next one", zip -> {
      Part order = zip.parts.get(1);
      order.size = 40;
      order.packed = 40;
      order.localSize = 40;
    });
    zip(Reason.HOLE, "something between the entries and the directory", zip -> zip.gap = new byte[4]);
    zip(Reason.HOLE, "something before the first entry", zip -> zip.before = new byte[4]);
    zip(Reason.HOLE, "an entry that is not listed", zip -> {
      zip.parts.get(1).signature = -1;
      zip.count = -1;
    });
    part(Reason.ZIP_TRUNCATED, "a checksum to follow that does not", part -> part.flags = 8);
    zip(Reason.ZIP_DISAGREES, "another checksum to follow", zip -> {
      zip.parts.getLast().flags = 8;
      zip.gap = new byte[16];
    });
    part(Reason.OVERLAP, "an entry that reaches into the directory", part -> {
      part.size = 16;
      part.packed = 16;
      part.localSize = 16;
    });
  }

  /// Sizes and place in 64 bits.
  private static void large(Part part, long size, long place) {
    part.size = -1;
    part.packed = -1;
    part.localSize = -1;
    ByteBuffer extra = ByteBuffer.allocate(place == 0 ? 20 : 28).order(ByteOrder.LITTLE_ENDIAN).putShort((short) 1).putShort(
        (short) (place == 0 ? 16 : 24)).putLong(size).putLong(size);
    if (place != 0) {
      extra.putLong(place);
      part.shift = -1000_000;
    }
    part.extra = extra.array();
  }

  private void globals() {
    for (String name : List.of("os system", "posix system", "nt system", "builtins eval", "__builtin__ exec", "builtins getattr",
        "builtins __import__", "subprocess Popen", "runpy _run_code", "webbrowser open", "pickle loads", "torch load",
        "torch.storage _load_from_bytes", "torch.hub load", "torch.jit load", "numpy.core.multiarray _reconstruct", "pip main",
        "torch._utils _rebuild_tensor", "torch._utils _rebuild_sparse_tensor", "torch Tensor", "torch ComplexFloatStorage",
        "torch float4_e2m1fn_x2", "collections.OrderedDict update", "collections defaultdict", "argparse Namespace",
        "java.lang.Runtime exec", "torch._utils _rebuild_tensor_v2.__globals__", " ", "x ")) {
      pickle(Reason.PICKLE_GLOBAL, "asks for " + name, new PickleMaker().global(name).op("(").text("ls").op("tR"));
    }
    pickle(Reason.PICKLE_GLOBAL, "asks for os.system on the stack", new PickleMaker().text("os").text("system").op(0x93));
    pickle(Reason.PICKLE_TYPE, "a name on the stack that is a number", new PickleMaker().text("os").op('K', 1, 0x93));
    // INST, OBJ, NEWOBJ, REDUCE by extension code, persistent id of a line, byte strings, sets
    for (int opcode : new int[] {'i', 'o', 0x81, 0x92, 0x82, 0x83, 0x84, 'P', 'I', 'L', 'S', 'U', 'T', 'V', 'F', 'B', 'C', 0x8d,
      0x8e, 0x8f, 0x90, 0x91, 0x96, 0x97, 0x98, '1', '2', 'd', 'l', 'g', 'p', 0x8b, 0, 0xff}) {
      pickle(Reason.PICKLE_OPCODE, String.format("opcode 0x%02x", opcode), new PickleMaker().op("(").text("a").op(opcode));
    }
  }

  private void machines() {
    pickle(Reason.PICKLE_ENDS_EARLY, "empty", new byte[0]);
    pickle(Reason.PICKLE_ENDS_EARLY, "without its end", PickleMaker.sound().bytes());
    pickle(Reason.PICKLE_ENDS_EARLY, "text of 2^32 - 1 bytes", new PickleMaker().op('X').i32(-1).bytes());
    pickle(Reason.PICKLE_ENDS_EARLY, "a name without its end", new PickleMaker().op("cos\nsystem").bytes());
    pickle(Reason.PICKLE_ENDS_EARLY, "half a number", new PickleMaker().op("M\0").bytes());
    pickle(Reason.PICKLE_ENDS_EARLY, "half a frame", new PickleMaker().op(0x95, 1, 0).bytes());
    pickle(Reason.PICKLE_TRAILING, "something after its end", PickleMaker.sound().op('.').stopped());
    pickle(Reason.PICKLE_PROTOCOL, "protocol 6", new PickleMaker().op(0x80, 6, 'N'));
    pickle(Reason.TEXT_UTF8, "text that is not UTF-8", new PickleMaker().op('X').i32(1).op(0xff));
    pickle(Reason.PICKLE_NUMBER, "number of 65 bits", new PickleMaker().op(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1));
    pickle(Reason.PICKLE_NUMBER, "number of 2040 bits", new PickleMaker().op(0x8a, 255).op("\u007f".repeat(255)));
    pickle(Reason.PICKLE_STACK, "two values at the end", new PickleMaker().op("NN"));
    for (String opcodes : List.of("", "0", "t", "(0t", "\u0085", "N\u0086", "(\u0085", "s", "}s", "}Ns", "a", "]a", "e", "u", "b",
        "Nb", "R",
        "NR", "Q", "q\0", "\u0094", "\u0093", "Na")) {
      pickle(Reason.PICKLE_UNDERFLOW, "too few values for " + opcodes, new PickleMaker().op(opcodes));
    }
    for (String opcodes : List.of("NNa", ")Na", "N(Ne", "]NNs", "}(Nu", "})Ns", "}}Ns", "}NNs", "NNb", ")Nb", "NNR", "N)R", "})R",
        "NQ", ")Q",
        "ctorch\nfloat32\n)R", "ctorch\nFloatStorage\n)R", "ccollections\nOrderedDict\n(NtR",
        "ccollections\nOrderedDict\n(](NetR",
        "ccollections\nOrderedDict\n(]((NetetR", "ctorch\nSize\n(NtR", "ctorch\nSize\n)R",
        "ctorch._utils\n_rebuild_parameter\n(NNNtR",
        "ctorch._utils\n_rebuild_parameter\n)R", "ctorch._utils\n_rebuild_tensor_v2\n)R", "ctorch._utils\n_rebuild_tensor_v3\n)R",
        "ctorch._utils\n_rebuild_tensor_v2\n(NNNNNNtR", "ccollections\nOrderedDict\nN\u0085R")) {
      pickle(Reason.PICKLE_TYPE, "values of wrong types for " + opcodes.replace('\n', ' '), new PickleMaker().op(opcodes));
    }
    pickle(Reason.PICKLE_TYPE, "storage of a negative count", new PickleMaker().storage("FloatStorage", "0", -1));
    pickle(Reason.PICKLE_TYPE, "storage of what is no storage", new PickleMaker().storage("float32", "0", 1));
    pickle(Reason.PICKLE_MEMO, "remembered under 2^20", new PickleMaker().op("Nr").i32(1 << 20));
    pickle(Reason.PICKLE_MEMO, "remembered under 2^32 - 1", new PickleMaker().op("Nr").i32(-1));
    pickle(Reason.PICKLE_UNREMEMBERED, "value 7 that was not remembered", new PickleMaker().op("h\7"));
    pickle(Reason.PICKLE_UNREMEMBERED, "value 2^32 - 1 that was not remembered", new PickleMaker().op("j").i32(-1));
  }

  private void bombs() {
    pickle(Reason.PICKLE_DEPTH, "10,001 values on the stack", new PickleMaker().op("N".repeat(10_001)));
    pickle(Reason.PICKLE_DEPTH, "10,001 marks on the stack", new PickleMaker().op("(".repeat(10_001)));
    pickle(Reason.PICKLE_TOO_MANY_VALUES, "a million empty lists", new PickleMaker().op("]").op("]a".repeat(1_000_000)));
    pickle(Reason.PICKLE_TOO_MANY_VALUES, "a list that is doubled 22 times", doubled("]", "\u0086"));
    pickle(Reason.PICKLE_NESTED, "lists nested 1,000 deep", new PickleMaker().op("]".repeat(1000)).op("a".repeat(999)));
    pickle(Reason.PICKLE_NESTED, "a list within itself", new PickleMaker().op("]q\0h\0a"));
    pickle(Reason.PICKLE_NESTED, "a dictionary within itself", new PickleMaker().op("}q\0").text("a").op("h\0s"));
    pickle(Reason.NAME_TOO_LONG, "a name of 4,097 bytes", new PickleMaker().op("}").text("w".repeat(4097)).tensor("0", 2, 0,
        new long[] {2}, new long[] {1}).op("s"));
    pickle(Reason.NAME_TOO_LONG, "a name of many parts", new PickleMaker().op("}").text("a".repeat(4000)).op("}")
        .text("b".repeat(100)).op("Nss"));
  }

  /// A tuple of a value twice, of that tuple twice, and so on: a short pickle, whose contents would be 2^22 lists.
  private static PickleMaker doubled(String first, String twice) {
    PickleMaker maker = new PickleMaker().op(first);
    for (int i = 0; i < 22; i++) maker.op('q', i, 'h', i).op(twice);
    return maker;
  }

  private void tensor(Reason expected, String name, long count, long offset, long[] sizes, long[] strides) {
    pickle(expected, name, new PickleMaker().op("}").text("w").tensor("0", count, offset, sizes, strides).op("s"));
  }

  /// A tensor with these sizes and strides.
  private static PickleMaker view(Consumer<PickleMaker> sizes) {
    PickleMaker maker = new PickleMaker().global(PickleMaker.TENSOR).op('(').storage("FloatStorage", "0", 2).whole(0);
    sizes.accept(maker);
    return maker.op(0x89, 'N', 't', 'R');
  }

  private static long[] of(long... values) { return values; }

  private void tensors() {
    pickle(Reason.STORAGE_MISSING, "a storage that is not there", new PickleMaker().tensor("1", 2, 0, of(2), of(1)));
    pickle(Reason.STORAGE_MISSING, "a storage outside of the folder", new PickleMaker().tensor("../data.pkl", 2, 0, of(2), of(
        1)));
    tensor(Reason.STORAGE_SIZE, "a storage of one element too many", 3, 0, of(2), of(1));
    tensor(Reason.STORAGE_SIZE, "a storage of 2^62 elements", 1L << 62, 0, of(2), of(1));
    tensor(Reason.RANK, "nine axes", 2, 0, new long[9], new long[9]);
    pickle(Reason.PICKLE_TYPE, "sizes that are a number", view(maker -> maker.whole(2).wholes(1)));
    pickle(Reason.PICKLE_TYPE, "a size that is text", view(maker -> maker.text("2").op(0x85).wholes(1)));
    tensor(Reason.PICKLE_TYPE, "more sizes than strides", 2, 0, of(2), of());
    tensor(Reason.SIZE_OVERFLOW, "negative size", 2, 0, of(-1), of(1));
    tensor(Reason.SIZE_OVERFLOW, "negative stride", 2, 1, of(2), of(-1));
    tensor(Reason.SIZE_OVERFLOW, "negative offset", 2, -1, of(2), of(1));
    tensor(Reason.SIZE_OVERFLOW, "sizes whose product wraps", 2, 0, of(1L << 32, 1L << 32), of(0, 0));
    tensor(Reason.SIZE_OVERFLOW, "strides whose sum wraps", 2, 0, of(2, 2), of(Long.MAX_VALUE, Long.MAX_VALUE));
    tensor(Reason.SIZE_OVERFLOW, "size times stride wraps", 2, 0, of(1L << 32), of(1L << 32));
    tensor(Reason.VIEW_OUTSIDE, "one element too many", 2, 0, of(3), of(1));
    tensor(Reason.VIEW_OUTSIDE, "offset behind the storage", 2, 2, of(1), of(1));
    tensor(Reason.VIEW_OUTSIDE, "a scalar behind the storage", 2, 2, of(), of());
    tensor(Reason.VIEW_OUTSIDE, "stride that leads out", 2, 0, of(2), of(2));
    tensor(Reason.VIEW_EXPANDED, "2^40 times the same element", 2, 0, of(1L << 40), of(0));
    tensor(Reason.VIEW_EXPANDED, "overlapping rows", 2, 0, of(2, 2), of(0, 1));
    pickle(Reason.NAME_TWICE, "two ways of one name", new PickleMaker().op("}").text("a.b").tensor("0", 2, 0, of(2), of(1)).op(
        "s")
        .text("a").op("}").text("b").tensor("0", 2, 0, of(2), of(1)).op("ss"));
    PickleMaker many = new PickleMaker().tensor("0", 2, 0, of(2), of(1)).op("q\0").op("]");
    for (int i = 0; i < 101; i++) many.op("(" + "h\0".repeat(1000) + "e");
    pickle(Reason.TOO_MANY_ENTRIES, "one tensor 101,000 times", many.op("\u0086"));
    cases.add(new Case("pth, tensor that is not in the file", Reason.TENSOR_MISSING, (_, dir) -> {
      try (TensorFile file = TensorFile.open(Fixtures.copy("tiny.pth", dir))) {
        file.tensor("b", Device.reference());
      }
    }));
  }
}
