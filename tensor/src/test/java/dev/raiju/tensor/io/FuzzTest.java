package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
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
