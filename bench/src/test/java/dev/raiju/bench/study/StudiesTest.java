package dev.raiju.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every shipped study, from its configuration to its report, at sizes that take seconds.
class StudiesTest {
  @TempDir
  static Path root;

  @TempDir
  Path folder;

  @BeforeAll
  static void trainsAModel() throws IOException { TinyStudies.model(root); }

  private boolean run(String name, int stages) throws IOException { return run(name, stages, root.resolve("runs/" + name)); }

  /// @param stages after how many it is stopped
  private boolean run(String name, int stages, Path runs) throws IOException {
    RawResults results = RawResults.open(folder.resolve(name + ".jsonl"));
    int[] asked = new int[1];
    try (StudyRun run = StudyRun.open(Study.read(folder.resolve(name + ".json")), results, root, runs, Device.best(), _ -> {})) {
      return run.run(() -> asked[0]++ >= stages);
    }
  }

  private StudyReport report(String name) throws IOException {
    return StudyReport.of(Study.read(folder.resolve(name + ".json")), RawResults.open(folder.resolve(name + ".jsonl")));
  }

  @Test
  void namesTheStudiesThatAreTested() throws IOException {
    assertEquals(Set.of("c1", "c2", "c3", "stages"), TinyStudies.names());
  }

  @ParameterizedTest
  @ValueSource(strings = {"c1", "c2", "c3", "stages"})
  void runsFromConfigurationToReport(String name) throws IOException {
    Json.Obj config = TinyStudies.shipped(name, folder);
    assertTrue(run(name, Integer.MAX_VALUE));
    StudyReport report = report(name);
    assertFalse(report.text().contains("Not run"), report.text());
    assertFalse(report.text().contains("not measured yet"), report.text());
    Study study = Study.read(folder.resolve(name + ".json"));
    for (Study.Arm arm : study.arms()) assertTrue(report.text().contains("| " + arm.name() + " |"), arm.name());
    for (String chart : report.charts().keySet()) assertTrue(report.text().contains("](" + chart + ")"), chart);
    long claims = report.text().lines().filter(line -> line.matches(".*\\*\\*(holds|refuted|open)\\*\\*.*")).count();
    assertEquals(((Json.Arr) config.members().get("claims")).items().size(), claims);
    // all is there: nothing but the start of another run is added
    int lines = Files.readAllLines(folder.resolve(name + ".jsonl")).size();
    assertTrue(run(name, Integer.MAX_VALUE));
    assertEquals(lines + 1, Files.readAllLines(folder.resolve(name + ".jsonl")).size());
  }

  /// What the lines of results measure, without times.
  private List<String> measured(String name) throws IOException {
    List<String> measured = new ArrayList<>();
    for (Json.Obj line : RawResults.open(folder.resolve(name + ".jsonl")).lines()) {
      if (line.members().get("line").equals(Json.of(RawResults.RUN))) continue;
      Map<String, Json> members = new LinkedHashMap<>(line.members());
      members.remove("seconds");
      members.remove("seconds_per_clip");
      measured.add(new Json.Obj(members).compact());
    }
    return measured;
  }

  /// Stopped after every stage, and once in the middle of one, a study comes to the same numbers.
  @Test
  void aStudyThatWasStoppedComesToTheSame() throws IOException {
    Json.Obj config = TinyStudies.shipped("stages", folder);
    List<Json> groups = ((Json.Arr) config.members().get("groups")).items();
    Json.Obj few = config.with("groups", Json.array(groups.getFirst())).with("claims", Json.array()).with("seeds", Json.array(Json
        .of(1),
        Json.of(2)));
    TinyStudies.write(few.with("name", "straight"), "straight", folder);
    TinyStudies.write(few.with("name", "stopped"), "stopped", folder);
    assertTrue(run("straight", Integer.MAX_VALUE));
    int runs = 1;
    while (!run("stopped", 2)) {
      runs++;
      // killed: a stage has lines of losses, but none that says that it is done
      List<String> lines = new ArrayList<>(Files.readAllLines(folder.resolve("stopped.jsonl")));
      if (runs == 3) lines.removeIf(line -> line.contains("\"line\":\"stage\"") && line.contains("\"stage\":\"recover\""));
      Files.write(folder.resolve("stopped.jsonl"), lines);
    }
    assertTrue(runs > 4, runs + " runs");
    List<String> straight = new ArrayList<>(measured("straight"));
    List<String> stopped = new ArrayList<>(measured("stopped"));
    straight.sort(null);
    stopped.sort(null);
    assertEquals(straight, stopped);
  }

  @Test
  void resultsOfOtherDataAreNotMixed() throws IOException {
    Json.Obj config = TinyStudies.shipped("c3", folder);
    assertFalse(run("c3", 0));
    TinyStudies.write(config.with("clips", Json.object().with("prompts", 2).with("features", true)), "c3", folder);
    var e = assertThrows(IllegalArgumentException.class, () -> run("c3", 1));
    assertTrue(String.valueOf(e.getMessage()).endsWith("was measured with another teacher or on other data; move it away"), e
        .getMessage());
  }

  @Test
  void namesWhatAConfigurationGotWrong() throws IOException {
    Json.Obj config = TinyStudies.shipped("c3", folder);
    Json.Obj claim = Json.object().with("claim", "x").with("group", "Four steps").with("better", "DMD").with("than",
        "DMD, 4 steps")
        .with("by", "loss");
    TinyStudies.write(config.with("claims", Json.array(claim)), "c3", folder);
    var unknown = assertThrows(IllegalArgumentException.class, () -> Study.read(folder.resolve("c3.json")));
    assertTrue(String.valueOf(unknown.getMessage()).startsWith(
        "study: no arm DMD in group Four steps; there are teacher, 50 steps"));
    TinyStudies.write(config.with("claims", Json.array(claim.with("by", "beauty"))), "c3", folder);
    var by = assertThrows(ModelFormatException.class, () -> Study.read(folder.resolve("c3.json")));
    assertTrue(String.valueOf(by.getMessage()).contains("by: is beauty; needs a measure such as"), by.getMessage());
    TinyStudies.write(config.with("sead", 1), "c3", folder);
    var typo = assertThrows(ModelFormatException.class, () -> Study.read(folder.resolve("c3.json")));
    assertTrue(String.valueOf(typo.getMessage()).contains("sead: unknown"), typo.getMessage());
  }
}
