package dev.raiju.export.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// `raiju inspect`: what is in files, without loading them.
final class Inspect implements Command {
  @Override
  public String name() { return "inspect"; }

  @Override
  public String arguments() { return "PATH …"; }

  @Override
  public String summary() { return "tells what is in model files, without loading them"; }

  @Override
  public List<Option> options() { return List.of(); }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    List<Path> paths = arguments.paths("a file or a folder");
    boolean alone = paths.size() == 1 && (!Files.isDirectory(paths.getFirst()) || Inspection.isModel(paths.getFirst()));
    if (alone) {
      Path path = paths.getFirst();
      Inspection inspection = look(path);
      console.print(path + ": " + inspection.summary());
      for (String line : Table.lines(inspection.details())) console.print("  " + line);
      return 0;
    }
    int bad = 0;
    int count = 0;
    for (Path path : expand(paths)) {
      count++;
      String verdict;
      try {
        verdict = "ok, " + look(path).summary();
      } catch (IOException | RuntimeException e) {
        if (Failure.isCancellation(e)) throw e;
        bad++;
        verdict = "error: " + Failure.withoutName(Failure.line(e), path);
      }
      console.print(path + ": " + verdict);
    }
    if (count == 0) throw UserError.of("inspect: there is no file in " + paths.getFirst());
    if (bad > 0) console.note("raiju: " + bad + " of " + Units.plural(count, "file") + " could not be read");
    return bad > 0 ? 1 : 0;
  }

  private static List<Path> expand(List<Path> paths) throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path path : paths) all.addAll(Inspection.isModel(path) ? List.of(path) : PathList.expand(List.of(path)));
    return all;
  }

  private static Inspection look(Path path) throws IOException {
    try {
      return Inspection.of(path);
    } catch (UserError e) {
      throw UserError.of(path + ": " + e.getMessage());
    }
  }
}
