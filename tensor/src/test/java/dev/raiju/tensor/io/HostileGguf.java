package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.HostileCases.Case;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Hand-made GGUF files that must be refused.
final class HostileGguf {
  private static final int F32 = 0;
  private static final int Q8_0 = 8;
  private static final int ARRAY = 9;

  private final List<Case> cases = new ArrayList<>();

  private HostileGguf() {
    starts();
    keys();
    records();
    data();
    tensors();
  }

  static List<Case> all() { return new HostileGguf().cases; }

  private void file(Reason expected, String name, byte[] bytes) {
    cases.add(new Case("gguf, " + name, expected, (guard, _) -> GgufHeader.read(Fixtures.source(bytes), guard)));
  }

  private void file(Reason expected, String name, GgufMaker maker) { file(expected, name, maker.make()); }

  private void starts() {
    file(Reason.TOO_SHORT, "empty file", new byte[0]);
    file(Reason.TOO_SHORT, "23 bytes", Arrays.copyOf(GgufMaker.of(0, 0).make(), 23));
    file(Reason.HEADER_START, "another magic", new GgufMaker().bytes("GGML").i32(3).i64(0).i64(0));
    file(Reason.GGUF_VERSION, "version 1", new GgufMaker().bytes("GGUF").i32(1).i64(0).i64(0));
    file(Reason.GGUF_VERSION, "version 4", new GgufMaker().bytes("GGUF").i32(4).i64(0).i64(0));
    file(Reason.GGUF_VERSION, "big-endian", new GgufMaker().bytes("GGUF").i32(0x03000000).i64(0).i64(0));
    file(Reason.TOO_MANY_ENTRIES, "100,001 tensors", GgufMaker.of(100_001, 0));
    file(Reason.TOO_MANY_ENTRIES, "2^64 - 1 tensors", GgufMaker.of(-1, 0));
    file(Reason.TOO_MANY_ENTRIES, "100,001 keys", GgufMaker.of(0, 100_001));
    file(Reason.TOO_MANY_ENTRIES, "2^63 keys", GgufMaker.of(0, Long.MIN_VALUE));
    file(Reason.GGUF_TRUNCATED, "a key that is not there", GgufMaker.of(0, 1));
    file(Reason.GGUF_TRUNCATED, "a tensor that is not there", GgufMaker.of(1, 0));
  }

  private static GgufMaker key(int kind) { return GgufMaker.of(0, 1).text("k").i32(kind); }

  private void keys() {
    file(Reason.NAME_TOO_LONG, "key of 4,097 bytes", GgufMaker.of(0, 1).text("k".repeat(4097)).i32(4).i32(0));
    file(Reason.NAME_TOO_LONG, "key of 2^64 - 1 bytes", GgufMaker.of(0, 1).i64(-1));
    file(Reason.NAME_TOO_LONG, "key of 2^32 bytes, which are 0 in 32 bits", GgufMaker.of(0, 1).i64(1L << 32).i32(4).i32(0));
    file(Reason.TEXT_UTF8, "key that is not UTF-8", GgufMaker.of(0, 1).i64(1).u8(0xff).i32(4).i32(0));
    file(Reason.TEXT_UTF8, "text that is not UTF-8", key(8).i64(2).u8(0xc0).u8(0x80));
    file(Reason.NAME_TWICE, "key twice", GgufMaker.of(0, 2).text("k").i32(4).i32(0).text("k").i32(4).i32(0));
    file(Reason.GGUF_VALUE, "kind 13", key(13));
    file(Reason.GGUF_VALUE, "kind -1", key(-1));
    file(Reason.GGUF_VALUE, "array of kind 13", key(ARRAY).i32(13).i64(0));
    file(Reason.GGUF_FLAG, "flag of 2", key(7).u8(2));
    file(Reason.GGUF_TRUNCATED, "text of 2^63 bytes", key(8).i64(Long.MIN_VALUE));
    file(Reason.GGUF_TRUNCATED, "text of 2^40 bytes", key(8).i64(1L << 40));
    file(Reason.GGUF_TRUNCATED, "array of 2^62 words, which are 0 bytes in 64 bits", key(ARRAY).i32(4).i64(1L << 62));
    file(Reason.GGUF_TRUNCATED, "array of 2^64 - 1 bytes", key(ARRAY).i32(0).i64(-1));
    file(Reason.GGUF_TRUNCATED, "array of 2^64 - 1 texts", key(ARRAY).i32(8).i64(-1));
    file(Reason.GGUF_TRUNCATED, "array of 2^40 arrays", key(ARRAY).i32(ARRAY).i64(1L << 40).i32(4).i64(0));
    GgufMaker deep = key(ARRAY);
    for (int i = 0; i < 100_000; i++) deep.i32(ARRAY).i64(1);
    file(Reason.GGUF_DEPTH, "arrays nested 100,000 deep", deep);
    file(Reason.GGUF_DEPTH, "an array nested 5 deep", key(ARRAY).i32(ARRAY).i64(1).i32(ARRAY).i64(1).i32(ARRAY).i64(1).i32(ARRAY)
        .i64(1).i32(4).i64(0));
    for (long value : new long[] {0, 3, 33, -1, 1L << 31, 1L << 21}) {
      file(Reason.GGUF_ALIGNMENT, "alignment " + value, GgufMaker.of(0, 1).text("general.alignment").i32(4).i32(value));
    }
    file(Reason.GGUF_ALIGNMENT, "alignment of 64 bits", GgufMaker.of(0, 1).text("general.alignment").i32(10).i64(32));
    file(Reason.GGUF_ALIGNMENT, "alignment that is text", GgufMaker.of(0, 1).text("general.alignment").i32(8).text("32"));
  }

  private void tensor(Reason expected, String name, int type, long begin, int data, long... sizes) {
    file(expected, name, GgufMaker.of(1, 0).tensor("w", type, begin, sizes).data(data));
  }

  private void records() {
    tensor(Reason.RANK, "nine axes", F32, 0, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    file(Reason.RANK, "2^32 - 1 axes", GgufMaker.of(1, 0).text("w").i32(-1));
    tensor(Reason.NEGATIVE_SIZE, "size 2^64 - 1", F32, 0, 4, -1);
    tensor(Reason.NEGATIVE_SIZE, "two such sizes, whose product is 1", F32, 0, 4, -1, -1);
    for (int type : new int[] {4, 5, 9, 15, 16, 29, 31, 39, -1}) {
      tensor(Reason.UNSUPPORTED_DTYPE, "element type " + type, type, 0, 64, 256);
    }
    tensor(Reason.SIZE_OVERFLOW, "product wraps to 0", F32, 0, 0, 1L << 32, 1L << 32);
    tensor(Reason.SIZE_OVERFLOW, "product is negative", F32, 0, 0, 1L << 62, 2);
    tensor(Reason.SIZE_OVERFLOW, "bytes wrap though elements do not", F32, 0, 0, 1L << 62);
    tensor(Reason.SIZE_OVERFLOW, "bytes of blocks wrap", Q8_0, 0, 0, 1L << 62, 2);
    tensor(Reason.SIZE_OVERFLOW, "a zero beside the overflow", F32, 0, 0, 1L << 62, 4, 0);
    tensor(Reason.SIZE_OVERFLOW, "end beyond 2^63", F32, Long.MAX_VALUE - 31, 64, 16);
    tensor(Reason.BLOCK_SIZE, "31 values in blocks of 32", Q8_0, 0, 34, 31);
    tensor(Reason.BLOCK_SIZE, "blocks along the other axis", Q8_0, 0, 34, 1, 32);
    tensor(Reason.BLOCK_SIZE, "a single packed value", Q8_0, 0, 34);
    tensor(Reason.OFFSET_NEGATIVE, "begin at 2^63", F32, Long.MIN_VALUE, 32, 1);
    tensor(Reason.GGUF_MISALIGNED, "begin at 4", F32, 4, 32, 1);
    file(Reason.NAME_TWICE, "tensor twice", GgufMaker.of(2, 0).tensor("w", F32, 0, 1).tensor("w", F32, 32, 1).data(64));
    file(Reason.NAME_TOO_LONG, "tensor's name of 4,097 bytes", GgufMaker.of(1, 0).tensor("w".repeat(4097), F32, 0, 1).data(4));
  }

  private void data() {
    tensor(Reason.HOLE, "first tensor not at 0", F32, 32, 64, 1);
    pair(Reason.HOLE, "hole between two", 0, 64, 96);
    pair(Reason.OVERLAP, "the same bytes", 0, 0, 32);
    file(Reason.OVERLAP, "one within the other", GgufMaker.of(2, 0).tensor("a", F32, 0, 24).tensor("b", F32, 32, 1).data(96));
    file(Reason.OVERLAP, "an empty one within another", GgufMaker.of(2, 0).tensor("a", F32, 0, 24).tensor("b", F32, 32, 0).data(
        96));
    tensor(Reason.DATA_TRUNCATED, "last byte cut off", F32, 0, 31, 8);
    tensor(Reason.DATA_TRUNCATED, "2^60 bytes claimed", F32, 0, 32, 1L << 58);
    tensor(Reason.DATA_TRAILING, "33 bytes where 4 are padded to 32", F32, 0, 33, 1);
    file(Reason.DATA_TRAILING, "data without tensors", GgufMaker.of(0, 0).data(1));
  }

  private void pair(Reason expected, String name, long first, long second, int data) {
    file(expected, name, GgufMaker.of(2, 0).tensor("a", F32, first, 1).tensor("b", F32, second, 1).data(data));
  }

  private void tensors() {
    cases.add(new Case("gguf, tensor that is not in the file", Reason.TENSOR_MISSING, (_, dir) -> {
      try (TensorFile file = TensorFile.open(Fixtures.copy("quants.gguf", dir))) {
        file.tensor("w.q4_2", Device.reference());
      }
    }));
    for (int scale : new int[] {0x7e00, 0x7c00, 0xfc00}) {
      byte[] block = GgufMaker.of(1, 0).tensor("w", Q8_0, 0, 32).data(34).make();
      block[block.length - 34] = (byte) scale;
      block[block.length - 33] = (byte) (scale >> 8);
      cases.add(new Case("gguf, scale " + Float.float16ToFloat((short) scale), Reason.BLOCK_SCALE, (_, dir) -> {
        try (TensorFile file = TensorFile.open(Files.write(dir.resolve("x"), block))) {
          ConvertedFile.of(file, DType.F32).tensor("w", Device.reference()).close();
        }
      }));
    }
  }
}
