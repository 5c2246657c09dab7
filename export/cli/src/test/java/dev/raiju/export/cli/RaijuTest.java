package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RaijuTest {
  @Test
  void everyCommandHasHelpThatFitsAScreen() {
    for (Command command : Raiju.COMMANDS) {
      for (List<Object> words : List.of(List.<Object>of(command.name(), "--help"), List.<Object>of("help", command.name()))) {
        Outcome outcome = Shell.raiju(words.toArray());
        assertEquals(0, outcome.status());
        assertTrue(outcome.lines().getFirst().startsWith("usage: raiju " + command.name()), outcome::out);
        assertTrue(outcome.lines().size() <= 28 && outcome.lines().stream().allMatch(line -> line.length() <= 100), outcome::out);
      }
      assertTrue(Shell.raiju("--help").out().contains("\n  " + command.name() + " "));
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"genrate|no such command: genrate; did you mean generate?",
    "inspect|needs a file or a folder",
    "verify|needs a golden file", "replay|needs a sidecar", "replay a b|got 2 words", "doctor --op|did you mean --ops?",
    "inspect --what x|no such option: --what", "generate|needs a prompt", "tset|did you mean test?"})
  void wrongCommandLinesAreOneLineAndStatusTwo(String line, String expected) {
    Outcome outcome = Shell.raiju((Object[]) line.split(" "));
    assertEquals(2, outcome.status());
    assertEquals(1, outcome.notes().size(), outcome::err);
    assertTrue(outcome.err().contains(expected), outcome::err);
    assertEquals("", outcome.out());
  }

  @Test
  void withoutACommandTheOverviewIsShown() {
    assertEquals(2, Shell.raiju().status());
    assertTrue(Shell.raiju().out().contains("usage: raiju COMMAND"));
    assertEquals("raiju " + Raiju.version() + "\n", Shell.raiju("--version").out());
  }

  @Test
  void mistakesOfOursSaySoInOneLine() {
    assertEquals("internal error: ClassCastException; --debug shows where", Failure.line(new ClassCastException()));
    assertEquals("a.mp4: there is no such file or folder", Failure.line(new NoSuchFileException("a.mp4")));
    assertTrue(Failure.line(new OutOfMemoryError("Java heap space")).startsWith("out of Java memory"));
  }

  @Test
  void debugShowsWhereAFailureCameFrom() {
    Outcome outcome = Shell.raiju("inspect", "/no/such/file", "--debug");
    assertTrue(outcome.err().contains("\tat "), outcome::err);
    assertFalse(Shell.raiju("inspect", "/no/such/file").err().contains("\tat "));
  }

  @Test
  void aLineStaysALine() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    new Console(stream, stream, false).print("a\nb\u001b[2Jc\u202e");
    assertEquals("a�b�[2Jc�\n", bytes.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({"A red circle moves right!,a-red-circle-moves-right", "'  ',clip", "'../../etc/passwd',etc-passwd",
    "Ein Fuß,ein-fuß", "'???',clip"})
  void filesAreNamedAfterThePrompt(String prompt, String expected) { assertEquals(expected, Outputs.nameFor(prompt)); }

  @Test
  void longPromptsMakeShortNames() {
    assertTrue(Outputs.nameFor("moves ".repeat(200)).length() <= 60);
    assertTrue(Outputs.nameFor("m".repeat(600)).length() <= 60);
    assertEquals("moves-moves", Outputs.nameFor("moves moves"));
  }

  @Test
  void outputsLieBesideEachOther() {
    Outputs outputs = Outputs.plan(Optional.of(Path.of("a/b.c.mp4")), Optional.empty(), "", 3).get(1);
    assertEquals(Path.of("a/b.c-2.mp4"), outputs.clip().orElseThrow());
    assertEquals(Path.of("a/b.c-2.json"), outputs.sidecar());
  }
}
