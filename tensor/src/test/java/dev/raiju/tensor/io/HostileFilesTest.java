package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.HostileCases.Case;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HostileFilesTest {
  /// Refusals without which the reader could not go on; all others are rules that can be switched off one by one.
  private static final Set<Reason> NO_WAY_ON = EnumSet.of(Reason.JSON_ENDS_EARLY, Reason.JSON_SYNTAX, Reason.JSON_UTF8,
      Reason.JSON_ESCAPE, Reason.JSON_NUMBER, Reason.JSON_NUMBER_RANGE, Reason.JSON_WRONG_TYPE, Reason.TOO_SHORT,
      Reason.ENTRY_FIELD_UNKNOWN, Reason.UNSUPPORTED_DTYPE, Reason.SIZE_OVERFLOW, Reason.DIRECTORY_EMPTY, Reason.TENSOR_MISSING,
      Reason.TENSOR_SHAPE, Reason.TEXT_UTF8, Reason.GGUF_TRUNCATED, Reason.GGUF_VALUE, Reason.GGUF_ALIGNMENT, Reason.BLOCK_SIZE,
      Reason.BLOCK_SCALE, Reason.ZIP_END, Reason.ZIP_TRUNCATED, Reason.PICKLE_MISSING, Reason.PICKLE_ENDS_EARLY,
      Reason.PICKLE_OPCODE, Reason.PICKLE_GLOBAL, Reason.PICKLE_TYPE, Reason.PICKLE_NUMBER, Reason.PICKLE_UNDERFLOW,
      Reason.PICKLE_MEMO, Reason.PICKLE_UNREMEMBERED, Reason.STORAGE_MISSING);

  /// Reasons with a rule, and a place of their own where there is no way on: text that is no UTF-16, a refusal by the caller, more
  /// axes than a record has room for, a shard that is not there.
  private static final Set<Reason> PARTLY_NO_WAY_ON = EnumSet.of(Reason.JSON_SURROGATE, Reason.FIELD_RANGE,
      Reason.RANK, Reason.SHARD_MISSING);

  private static final List<String> READERS = List.of("JsonScanner.java", "JsonString.java", "JsonTree.java", "Json.java",
      "Fields.java", "SafeTensorsHeader.java", "SafeTensors.java", "ShardIndex.java", "ShardedSafeTensors.java",
      "WeightsDirectory.java", "TensorFile.java", "ByteCursor.java", "Utf8.java", "GgufHeader.java", "GgufValues.java",
      "Gguf.java", "Packed.java",
      "ZipDirectory.java", "Unpickler.java", "TorchGlobals.java", "TorchContents.java", "TorchZip.java");
  private static final Pattern REFUSING = Pattern.compile("throw (?!e;|new Illegal)|\\.check\\(|^\\s+check[A-Z]\\w*\\(");

  private static final List<Case> CASES = HostileCases.all();

  @TempDir
  static Path scratch;

  private static final Map<Case, Exception> OUTCOMES = new HashMap<>();

  @BeforeAll
  static void readAll() throws Exception {
    for (Case hostile : CASES) OUTCOMES.put(hostile, outcome(hostile, Set.of()));
  }

  private static Exception outcome(Case hostile, Set<Reason> off) throws Exception {
    Path directory = Files.createTempDirectory(scratch, "case");
    try {
      hostile.attempt().run(new Guard("file", off), directory);
      return new Exception("accepted");
    } catch (Exception e) {
      return e;
    } catch (StackOverflowError e) {
      return new Exception(e);
    }
  }

  static Stream<Case> cases() { return CASES.stream(); }

  @ParameterizedTest
  @MethodSource("cases")
  void refusesWithItsReasonInOneLine(Case hostile) {
    ModelFormatException refusal = assertInstanceOf(ModelFormatException.class, OUTCOMES.get(hostile));
    assertEquals(hostile.expected(), refusal.reason(), refusal.getMessage());
    String message = String.valueOf(refusal.getMessage());
    assertFalse(message.chars().anyMatch(Character::isISOControl), message);
    assertTrue(message.length() < 500 + scratch.toString().length(), message);
  }

  @Test
  void everyReasonHasACase() {
    Set<Reason> missing = EnumSet.range(Reason.JSON_TOO_LARGE, Reason.TENSOR_SHAPE);
    CASES.forEach(hostile -> missing.remove(hostile.expected()));
    assertEquals(Set.of(), missing);
    assertTrue(CASES.size() >= 150, "only " + CASES.size());
  }

  /// Every statement of a reader that can refuse must be in the stack of some refusal.
  @Test
  void everyThrowIsReached() throws Exception {
    // by each of its lines, the first line of the statement
    Map<String, String> statements = new HashMap<>();
    for (String reader : READERS) collectRefusals(reader, statements);
    Set<String> unreached = new TreeSet<>(statements.values());
    assertTrue(unreached.size() >= 70, "found only " + unreached);
    for (Exception outcome : OUTCOMES.values()) {
      for (StackTraceElement frame : outcome.getStackTrace()) {
        unreached.remove(statements.getOrDefault(frame.getFileName() + ":" + frame.getLineNumber(), ""));
      }
    }
    assertEquals(Set.of(), unreached);
  }

  private static void collectRefusals(String reader, Map<String, String> statements) throws IOException {
    List<String> lines = Files.readAllLines(Path.of(System.getProperty("raiju.root"),
        "tensor/src/main/java/dev/raiju/tensor/io", reader));
    for (int i = 0; i < lines.size(); i++) {
      if (!REFUSING.matcher(lines.get(i)).find()) continue;
      String first = reader + ":" + (i + 1);
      statements.put(first, first);
      while (!lines.get(i).matches(".*[;}]")) statements.put(reader + ":" + (++i + 1), first);
    }
  }

  /// With its rule switched off, every case must come out otherwise than with it: read, refused for another reason, or worse.
  @Test
  void noRuleCanBeLeftOutUnnoticed() throws Exception {
    Set<Reason> noticed = EnumSet.noneOf(Reason.class);
    Set<Reason> unnoticed = EnumSet.noneOf(Reason.class);
    for (Case hostile : CASES) {
      Exception outcome = outcome(hostile, EnumSet.of(hostile.expected()));
      boolean same = outcome instanceof ModelFormatException e && e.reason() == hostile.expected();
      (same ? unnoticed : noticed).add(hostile.expected());
    }
    Set<Reason> both = EnumSet.copyOf(noticed);
    both.retainAll(unnoticed);
    assertEquals(PARTLY_NO_WAY_ON, both);
    unnoticed.removeAll(noticed);
    assertEquals(NO_WAY_ON, unnoticed);
  }

  @Test
  void saysWhereAndWhatIsNeeded() throws Exception {
    assertEquals("model.safetensors: blocks.0.w: unsupported dtype F4; needs one of BOOL U8 I8 F8_E5M2 F8_E4M3 I16 U16 F16 BF16"
        + " I32 U32 F32 F64 I64 U64", message("{\"blocks.0.w\":{\"dtype\":\"F4\",\"shape\":[],\"data_offsets\":[0,0]}}"));
    assertEquals("model.safetensors: blocks.0.w: line 1, column 28: found a number; needs a string", message(
        "{\"blocks.0.w\":{\"dtype\":    4}}"));
    assertEquals("model.safetensors: w: 4 bytes stored; f32 [2] needs 8", message(
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}"));
  }

  private static String message(String header) throws Exception {
    try {
      SafeTensorsHeader.read(Fixtures.source(Fixtures.safetensors(header, 0)), new Guard("model.safetensors"));
      return "accepted";
    } catch (ModelFormatException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void casesHaveDifferentNames() {
    Set<String> seen = new HashSet<>();
    assertEquals(List.of(), CASES.stream().map(Case::toString).filter(name -> !seen.add(name)).toList());
  }
}
