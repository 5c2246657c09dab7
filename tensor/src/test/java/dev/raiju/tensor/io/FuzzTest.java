package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// A million inputs with broken bytes and two hundred thousand with broken structure, for each format.
class FuzzTest {
  private static final int BYTE_MUTANTS = Integer.getInteger("raiju.fuzz.bytes", 1_000_000);
  private static final int FIELD_MUTANTS = Integer.getInteger("raiju.fuzz.fields", 200_000);

  private static Fuzz safetensors(String name, int every) {
    return new Fuzz(name, bytes -> StrictChecker.lines(SafeTensorsHeader.read(Fixtures.source(bytes), new Guard(name))),
        StrictChecker::safetensors, every);
  }

  private static Fuzz json(String name, int every) {
    return new Fuzz(name, bytes -> JsonTree.parse(bytes, new Guard(name)), StrictChecker::json, every);
  }

  private static Fuzz index(String name, int every) {
    return new Fuzz(name, bytes -> ShardIndex.parse(bytes, new Guard(name)).shards(), StrictChecker::index, every);
  }

  private static Fuzz gguf(String name, int every) {
    return new Fuzz(name, bytes -> StrictGguf.lines(GgufHeader.read(Fixtures.source(bytes), new Guard(name))), StrictGguf::lines,
        every);
  }

  /// Without the checksum, which hides all that a broken pickle does.
  private static Fuzz torch(String name) {
    return new Fuzz(name, bytes -> checked(TorchZip.read(Fixtures.source(bytes), new Guard(name, EnumSet.of(
        Reason.ZIP_CHECKSUM))), bytes.length));
  }

  /// What was read, once every element of every tensor is seen to lie in the file.
  private static Object checked(TorchContents contents, int fileBytes) {
    for (TorchContents.Entry entry : contents.entries().values()) {
      if (entry.spec().shape().elements() == 0) continue;
      long last = entry.layout().offset();
      for (int axis = 0; axis < entry.spec().rank(); axis++) {
        last = Math.addExact(last, Math.multiplyExact(entry.spec().size(axis) - 1, entry.layout().stride(axis)));
      }
      long end = Math.addExact(entry.begin(), Math.multiplyExact(last + 1, (long) entry.spec().dtype().unitBytes()));
      boolean inside = entry.begin() >= 0 && entry.layout().offset() >= 0 && end <= fileBytes;
      if (!inside) throw new IllegalStateException("outside of the file: " + entry);
    }
    return contents;
  }

  @Test
  void ggufOfBrokenBytes() throws Exception {
    byte[] quants = Arrays.copyOf(Fixtures.bytes("quants.gguf"), 896);
    gguf("gguf-bytes", 64).run(7, BYTE_MUTANTS, Fuzz.byteMutants(List.of(quants, GgufMutants.file(new SplittableRandom(1)),
        GgufMutants.file(new SplittableRandom(3)), GgufMutants.file(new SplittableRandom(4)))));
  }

  @Test
  void ggufOfBrokenStructure() throws Exception {
    Fuzz fuzz = gguf("gguf-fields", 4);
    fuzz.run(8, FIELD_MUTANTS, GgufMutants::file);
    Set<Reason> missed = EnumSet.of(Reason.HEADER_START, Reason.TOO_MANY_ENTRIES, Reason.NAME_TOO_LONG, Reason.UNSUPPORTED_DTYPE,
        Reason.RANK, Reason.NEGATIVE_SIZE, Reason.SIZE_OVERFLOW, Reason.OFFSET_NEGATIVE, Reason.HOLE, Reason.OVERLAP,
        Reason.DATA_TRUNCATED, Reason.DATA_TRAILING, Reason.NAME_TWICE, Reason.TEXT_UTF8, Reason.GGUF_TRUNCATED,
        Reason.GGUF_VERSION, Reason.GGUF_VALUE, Reason.GGUF_FLAG, Reason.GGUF_DEPTH, Reason.GGUF_ALIGNMENT,
        Reason.GGUF_MISALIGNED,
        Reason.BLOCK_SIZE);
    missed.removeAll(fuzz.seen);
    assertEquals(Set.of(), missed);
    assertTrue(fuzz.accepted > FIELD_MUTANTS / 20, "only " + fuzz.accepted + " were accepted");
  }

  @Test
  void torchOfBrokenBytes() throws Exception {
    torch("torch-bytes").run(9, BYTE_MUTANTS, Fuzz.byteMutants(List.of(Fixtures.bytes("tiny.pth"), ZipMaker.torch(PickleMaker
        .sound().stopped()).make())));
  }

  @Test
  void torchOfBrokenStructure() throws Exception {
    Fuzz archives = torch("torch-archives");
    archives.run(10, FIELD_MUTANTS / 2, TorchMutants::archive);
    Fuzz pickles = torch("torch-pickles");
    pickles.run(11, FIELD_MUTANTS / 2, random -> ZipMaker.torch(TorchMutants.pickle(random)).make());
    Set<Reason> missed = EnumSet.range(Reason.ZIP_END, Reason.VIEW_EXPANDED);
    missed.removeAll(archives.seen);
    missed.removeAll(pickles.seen);
    // off, or it needs another file from the start, or thousands of values
    assertEquals(EnumSet.of(Reason.ZIP_CHECKSUM, Reason.TORCH_LEGACY, Reason.PICKLE_DEPTH,
        Reason.PICKLE_TOO_MANY_VALUES), missed);
    assertTrue(archives.accepted + pickles.accepted > FIELD_MUTANTS / 20, "only " + pickles.accepted + " were accepted");
  }

  @Test
  void safetensorsOfBrokenBytes() throws Exception {
    safetensors("safetensors-bytes", 64).run(1, BYTE_MUTANTS, Fuzz.byteMutants(Fixtures.SAFETENSORS.stream().filter(name -> !name
        .startsWith("fp8")).map(Fixtures::bytes).toList()));
  }

  @Test
  void jsonOfBrokenBytes() throws Exception {
    Fuzz fuzz = json("json-bytes", 64);
    fuzz.run(2, BYTE_MUTANTS, Fuzz.byteMutants(List.of(Fixtures.latin(
        "{\"_class_name\": \"Wan\", \"patch\": [1, 2, 2], \"eps\": 1e-06, \"bias\": true,\n \"none\": null, \"in\": {\"a\": [{}, []]}}"),
        Fixtures.bytes("text.json"))));
    Set<Reason> missed = EnumSet.range(Reason.JSON_ENDS_EARLY, Reason.JSON_WRONG_TYPE);
    missed.removeAll(fuzz.seen);
    assertEquals(EnumSet.of(Reason.JSON_DEPTH), missed);
  }

  @Test
  void indexOfBrokenBytes() throws Exception {
    index("index-bytes", 64).run(3, BYTE_MUTANTS, Fuzz.byteMutants(List.of(Fixtures.bytes(Fixtures.INDEX))));
  }

  @Test
  void safetensorsOfBrokenStructure() throws Exception {
    Fuzz fuzz = safetensors("safetensors-fields", 1);
    fuzz.run(4, FIELD_MUTANTS, FieldMutants::safetensors);
    Set<Reason> missed = EnumSet.range(Reason.JSON_ENDS_EARLY, Reason.DATA_TRAILING);
    missed.removeAll(fuzz.seen);
    // a type error comes first, or it needs a hundred thousand entries, or it is another reader's
    assertEquals(EnumSet.of(Reason.JSON_DEPTH, Reason.TOO_MANY_ENTRIES, Reason.FIELD_MISSING, Reason.FIELD_UNKNOWN,
        Reason.FIELD_RANGE, Reason.LFS_POINTER), missed);
    assertTrue(fuzz.accepted > FIELD_MUTANTS / 20, "only " + fuzz.accepted + " were accepted");
  }

  @Test
  void jsonOfBrokenStructure() throws Exception {
    Fuzz fuzz = json("json-tokens", 1);
    fuzz.run(5, FIELD_MUTANTS, FieldMutants::json);
    assertEquals(EnumSet.range(Reason.JSON_ENDS_EARLY, Reason.JSON_WRONG_TYPE), fuzz.seen);
    assertTrue(fuzz.accepted > FIELD_MUTANTS / 20, "only " + fuzz.accepted + " were accepted");
  }

  @Test
  void indexOfBrokenStructure() throws Exception {
    Fuzz fuzz = index("index-fields", 1);
    fuzz.run(6, FIELD_MUTANTS, FieldMutants::index);
    assertTrue(fuzz.seen.containsAll(EnumSet.of(Reason.JSON_WRONG_TYPE, Reason.JSON_DUPLICATE_KEY, Reason.FIELD_MISSING,
        Reason.NAME_TOO_LONG, Reason.SHARD_NAME)), fuzz.seen.toString());
    assertTrue(fuzz.accepted > FIELD_MUTANTS / 20, "only " + fuzz.accepted + " were accepted");
  }
}
