package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Encodings against those of GNU as: the committed fixture always, the program itself where it is installed.
final class AssemblerTest {
  /// A line for each of [Instructions]: its bytes as GNU as 2.40 writes them, a tab and its text.
  private static final String FIXTURE = "encodings.txt";

  private static String encoding(Consumer<Assembler> instruction) {
    Assembler a = new Assembler();
    instruction.accept(a);
    return HexFormat.of().formatHex(a.code());
  }

  private static Map<String, String> fixture() throws IOException {
    Map<String, String> lines = new LinkedHashMap<>();
    try (InputStream in = AssemblerTest.class.getResourceAsStream(FIXTURE)) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(line -> line.split("\t", 2)).forEach(parts -> lines.put(
          parts[1], parts[0]));
    }
    return lines;
  }

  @Test
  void encodesAsGnuAsDid() throws IOException {
    Map<String, String> ours = new LinkedHashMap<>();
    Instructions.all().forEach((text, instruction) -> ours.put(text, encoding(instruction)));
    Map<String, String> wanted = fixture();
    List<String> wrong = new ArrayList<>();
    ours.forEach((text, bytes) -> {
      if (!bytes.equals(wanted.get(text))) wrong.add(text + ": " + bytes + ", wanted " + wanted.get(text));
    });
    assertEquals(List.of(), wrong);
    assertEquals(wanted.keySet(), ours.keySet());
    assertTrue(ours.size() > 1300, "only " + ours.size());
  }

  @Test
  void encodesAsGnuAsDoesHere(@TempDir Path folder) throws IOException, InterruptedException {
    Optional<Path> as = program("as");
    Optional<Path> objcopy = program("objcopy");
    assumeTrue(as.isPresent() && objcopy.isPresent(), "GNU as and objcopy are not installed");
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "GNU as here is not for x86-64");
    Path source = folder.resolve("all.s");
    Path object = folder.resolve("all.o");
    Path binary = folder.resolve("all.bin");
    Files.writeString(source, String.join("\n", Instructions.all().keySet()) + "\n");
    run(as.get().toString(), "--64", "-msyntax=intel", "-mnaked-reg", "-o", object.toString(), source.toString());
    run(objcopy.get().toString(), "-O", "binary", "-j", ".text", object.toString(), binary.toString());
    ByteArrayOutputStream ours = new ByteArrayOutputStream();
    for (var instruction : Instructions.all().values()) ours.write(HexFormat.of().parseHex(encoding(instruction)));
    assertEquals(HexFormat.of().formatHex(Files.readAllBytes(binary)), HexFormat.of().formatHex(ours.toByteArray()));
  }

  private static Optional<Path> program(String name) {
    return Stream.of(System.getenv("PATH").split(":")).map(Path::of).map(folder -> folder.resolve(name)).filter(
        Files::isExecutable).findFirst();
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
  }

  @Test
  void alignsWithWhatDoesNothing() {
    Assembler a = new Assembler();
    a.ret();
    a.align(16);
    a.ret();
    assertEquals("c3" + "0f1f840000000000" + "90".repeat(7) + "c3", HexFormat.of().formatHex(a.code()));
  }

  @Test
  void refusesWhatCannotBeEncoded() {
    Assembler a = new Assembler();
    assertRefused("assembler: no such vector register: 32", () -> new Zmm(32));
    assertRefused("assembler: no such vector register of 256 bits: 16", () -> new Ymm(16));
    assertRefused("assembler: no such mask register: 8", () -> new Mask(8));
    assertRefused("assembler: scale 3; needs 1, 2, 4 or 8", () -> Memory.at(Gp.RAX, Gp.RBX, 3));
    assertRefused("assembler: rsp cannot be an index", () -> Memory.at(Gp.RAX, Gp.RSP, 1));
    assertRefused("assembler: zeroing needs a mask", () -> a.vmovups(new Zmm(1), Mask.NONE, Memory.at(Gp.RAX)));
    assertRefused("assembler: add 128; needs a signed byte", () -> a.add(Gp.RAX, 128));
    assertRefused("assembler: shift by 64; needs 2 to 63", () -> a.shr(Gp.RAX, 64));
    assertRefused("assembler: shift by 32; needs 0 to 31", () -> a.vpslld(new Zmm(1), new Zmm(1), 32));
    assertRefused("assembler: alignment 12; needs a power of 2", () -> a.align(12));
    assertRefused("assembler: mask from R8; needs one of the first eight", () -> a.kmovw(new Mask(1), Gp.R8));
    assertEquals(0, a.size());
  }

  private static void assertRefused(String message, Runnable instruction) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, instruction::run).getMessage());
  }

  @Test
  void knowsLabelsThatAreMissingOrBoundTwice() {
    Assembler a = new Assembler();
    Label label = new Label();
    a.jump(label);
    assertThrows(IllegalStateException.class, a::code);
    a.bind(label);
    assertEquals(5, a.code().length);
    assertThrows(IllegalStateException.class, () -> a.bind(label));
  }
}
