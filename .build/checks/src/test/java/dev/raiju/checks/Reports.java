package dev.raiju.checks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The XML reports of one module's tests.
///
/// @param cases every test that ran or was skipped by name
record Reports(List<Case> cases) {
  private static final Pattern CASE = Pattern.compile("<testcase (?:name=\"([^\"]*)\" )?classname=\"([^\"]*)\"");

  /// @param name the method, with what tells its runs apart; empty where a whole class was skipped
  record Case(String type, String name, FileTime written) {}

  static Reports of(Path folder) throws IOException {
    List<Case> cases = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(file -> file.getFileName().toString().matches("TEST-.*\\.xml")).toList()) {
          FileTime written = Files.getLastModifiedTime(file);
          for (MatchResult found : CASE.matcher(Files.readString(file)).results().toList()) {
            cases.add(new Case(found.group(2), found.group(1) == null ? "" : found.group(1), written));
          }
        }
      }
    }
    return new Reports(cases);
  }

  /// Whether a test is in a report that is newer than its class.
  boolean have(TestMethod test, FileTime compiled) {
    Pattern run = Pattern.compile(Pattern.quote(test.name()) + "([({\\[ ].*)?");
    return cases.stream().anyMatch(it -> it.type().equals(test.type()) && it.written().compareTo(compiled) >= 0
        && (it.name().isEmpty() || run.matcher(it.name()).matches()));
  }
}
