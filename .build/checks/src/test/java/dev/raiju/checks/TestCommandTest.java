package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `raiju test`, with a Maven that writes reports in place of running tests.
final class TestCommandTest {
  @TempDir
  Path temp;

  private FakeTree fake;

  @BeforeEach
  void makeTheTree() throws IOException {
    fake = FakeTree.in(temp);
    for (String script : List.of("raiju", ".build/test")) {
      FakeTree.script(fake.root().resolve(script), Tree.read(Tree.ROOT.resolve(script)));
    }
    fake.environment().put("JAVA_HOME", FakeTree.jdk(temp.resolve("a jdk"), "25").toString());
    maven(0, report(3, 0, 0, ""));
  }

  @Test
  void countsTestsAndMinutesOfEachModule() throws IOException {
    maven(0, report(3, 0, 0, ""), report(4, 0, 0, ""));
    Program run = test().succeeded();
    assertTrue(run.out().contains("module-0                        3        0        0      1.5\n"), run.out());
    assertTrue(run.out().contains(
        "all                             7        0        0      3.0\n7 passed, 0 failed, 0 skipped\n"),
        run.out());
  }

  @Test
  void namesSkippedTestsAndPassesButNotInCi() throws IOException {
    maven(0, report(3, 0, 1, "<testcase name=\"plays\" classname=\"a.ClipTest\" time=\"0\">\n"
        + "<skipped message=\"no &quot;ffmpeg&quot; &amp; no &lt;player&gt;\" type=\"x\"/></testcase>"));
    Program run = test().succeeded();
    assertTrue(run.out().contains("skipped: a.ClipTest.plays: no \"ffmpeg\" & no <player>\n2 passed, 0 failed, 1 skipped\n"), run
        .out());
    fake.environment().put("RAIJU_CI", "1");
    assertEquals(1, test().status());
  }

  @Test
  void failsWhenATestOrTheBuildFailsOrNothingRan() throws IOException {
    maven(1, report(3, 1, 0, ""));
    assertEquals(1, test().status());
    maven(1, report(3, 0, 0, ""));
    assertEquals(1, test().status());
    maven(0);
    assertEquals(1, test().status());
  }

  @Test
  void forgetsTheReportsOfEarlierRuns() throws IOException {
    test().succeeded();
    maven(0);
    assertEquals(1, test().status());
  }

  @Test
  void quickLeavesOutWhatIsSlow() throws IOException {
    test("--quick").succeeded();
    assertTrue(Files.readString(fake.root().resolve("mvn.calls")).contains("-Draiju.test.excluded=slow verify"));
  }

  @Test
  void refusesOtherOptions() {
    Program run = test("--fast");
    assertEquals(2, run.status());
    assertEquals("raiju: test: no such option: --fast; there is --quick\n", run.err());
  }

  private Program test(String... words) {
    return Program.runAlone(temp, fake.environment(), Stream.concat(Stream.of(fake.root().resolve("raiju").toString(), "test"),
        Stream
            .of(words)).toList());
  }

  private static String report(int tests, int failures, int skipped, String cases) {
    return "<testsuite name=\"x\" time=\"90\" tests=\"%d\" errors=\"0\" skipped=\"%d\" failures=\"%d\">\n%s\n</testsuite>\n"
        .formatted(tests, skipped, failures, cases);
  }

  /// A Maven that ends with `status`, and leaves one report in each module.
  private void maven(int status, String... reports) throws IOException {
    StringBuilder script = new StringBuilder("#!/bin/sh\necho \"$*\" >> \"" + fake.root() + "/mvn.calls\"\n");
    for (int i = 0; i < reports.length; i++) {
      Path folder = fake.root().resolve("module-" + i + "/target/surefire-reports");
      script.append("mkdir -p \"%1$s\"\ncat > \"%1$s/TEST-x.xml\" <<'END'\n%2$sEND\n".formatted(folder, reports[i]));
    }
    FakeTree.script(fake.tools().resolve("mvn"), script + "exit " + status + "\n");
  }
}
