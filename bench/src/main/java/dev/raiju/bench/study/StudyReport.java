package dev.raiju.bench.study;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.eval.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// The report of a study, made of its configuration and its raw results alone: text in Markdown, and a chart for each group.
///
/// @param text the report
/// @param charts by file name
record StudyReport(String text, Map<String, String> charts) {
  /// How a claim fared.
  enum Fate {
    HOLDS, REFUTED, OPEN;

    /// A claim holds, or fails, where zero is outside of the interval and all seeds say the same.
    ///
    /// @param better by how much the one is better; below zero if it is worse
    static Fate of(Statistic better) {
      Interval interval = better.interval();
      if (interval.low() > 0 && better.perSeed().stream().allMatch(x -> x > 0)) return HOLDS;
      return interval.high() < 0 && better.perSeed().stream().allMatch(x -> x < 0) ? REFUTED : OPEN;
    }

    String word() { return name().toLowerCase(Locale.ROOT); }
  }

  static StudyReport of(Study study, RawResults results) throws ModelFormatException {
    Findings findings = new Findings(study, results);
    StringBuilder text = new StringBuilder();
    Map<String, String> charts = new LinkedHashMap<>();
    text.append("# ").append(study.title()).append("\n\n").append(study.question()).append("\n\n");
    text.append(
        ("Run by `./raiju bench study %1$s`, configured by [%1$s.json](%1$s.json), and made of [%1$s.jsonl](%1$s.jsonl) by "
            + "`./raiju bench study report %1$s`. Seeds %2$s. Losses are those of %3$d true clips of held-out combinations with fixed "
            + "noise, clips those of %4$d prompts of held-out combinations, the same for all. Intervals are 95 %% of what the mean over "
            + "the seeds comes to where clips are drawn again.\n\n").formatted(study.name(), study.seeds().stream().map(
                String::valueOf)
                .collect(Collectors.joining(", ")), study.validation().clips(), study.clips().prompts()));
    machines(text, results);
    claims(text, study, findings);
    for (Study.Group group : study.groups()) {
      text.append("## ").append(group.name()).append("\n\n");
      List<Study.Arm> arms = new ArrayList<>();
      for (Study.Arm arm : group.arms()) {
        if (findings.whole(arm)) arms.add(arm);
        else text.append("Not run with all seeds yet: ").append(arm.name()).append(".\n\n");
      }
      values(text, study, findings, arms);
      if (findings.whole(group.arm(group.baseline()))) differences(text, findings, group, arms);
      chart(text, charts, study, findings, group, arms, RawResults.USUAL);
      if (!study.otherWords().isEmpty()) chart(text, charts, study, findings, group, arms, RawResults.OTHER);
    }
    return new StudyReport(text.toString().stripTrailing() + "\n", charts);
  }

  private static void chart(StringBuilder text, Map<String, String> charts, Study study, Findings findings, Study.Group group,
      List<Study.Arm> arms, String words) {
    List<StudyChart.Line> lines = arms.stream().map(arm -> new StudyChart.Line(arm.name(), findings.curve(arm, words))).filter(
        line -> line.points().size() > 1).toList();
    if (lines.isEmpty()) return;
    boolean other = words.equals(RawResults.OTHER);
    String file = study.name() + "-" + group.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + (other
        ? "-other-words"
        : "") + ".svg";
    charts.put(file, StudyChart.svg(lines));
    text.append("![Loss over steps of training").append(other ? ", other words" : "").append("](").append(file).append(")\n\n");
  }

  private static void machines(StringBuilder text, RawResults results) throws ModelFormatException {
    TreeSet<String> machines = new TreeSet<>();
    for (Fields run : results.all(RawResults.RUN)) {
      Fields machine = run.object("machine");
      machines.add(machine.string("cpu") + ", " + machine.integer("processors") + " processors");
    }
    if (!machines.isEmpty()) text.append("Measured on ").append(String.join("; ", machines)).append(".\n\n");
  }

  private static void claims(StringBuilder text, Study study, Findings findings) throws ModelFormatException {
    if (study.claims().isEmpty()) return;
    text.append("| claim | by | better by | seeds | |\n|---|---|---|---|---|\n");
    for (Claim claim : study.claims()) {
      Study.Group group = study.group(claim.group());
      Optional<Statistic> better = findings.of(group.arm(claim.better()), claim.by());
      Optional<Statistic> than = findings.of(group.arm(claim.than()), claim.by());
      text.append("| ").append(claim.text()).append(" | ").append(claim.by().words()).append(claim.margin() == 0
          ? ""
          : String.format(Locale.ROOT, ", give or take %.3g", claim.margin()));
      if (better.isEmpty() || than.isEmpty()) {
        text.append(" | | | not measured yet |\n");
        continue;
      }
      Statistic by = claim.by().less() ? than.get().minus(better.get()) : better.get().minus(than.get());
      text.append(" | ").append(by.interval()).append(" | ").append(seeds(by)).append(" | **").append(Fate.of(by.plus(claim
          .margin())).word()).append("** |\n");
    }
    text.append(
        "\nA claim holds, or is refuted, where zero is outside of the interval and all seeds agree; else it stays open.\n\n");
  }

  private static String seeds(Statistic of) {
    return of.perSeed().stream().map(x -> String.format(Locale.ROOT, "%.4g", x)).collect(Collectors.joining(", "));
  }

  private static List<Measure> measured(Findings findings, List<Study.Arm> arms) throws ModelFormatException {
    List<Measure> measures = new ArrayList<>();
    for (Measure measure : Measure.values()) {
      for (Study.Arm arm : arms) {
        if (findings.of(arm, measure).isEmpty()) continue;
        measures.add(measure);
        break;
      }
    }
    return measures;
  }

  private static void values(StringBuilder text, Study study, Findings findings, List<Study.Arm> arms)
      throws ModelFormatException {
    if (arms.isEmpty()) return;
    List<Measure> measures = measured(findings, arms);
    double goal = slowest(findings, arms);
    text.append("| | weights |");
    for (Measure measure : measures) text.append(' ').append(measure.words()).append(" |");
    text.append(Double.isNaN(goal) ? "" : String.format(Locale.ROOT, " steps to a loss of %.4g |", goal)).append(
        " seconds | problems |\n|---|---|").append("---|".repeat(measures.size() + (Double.isNaN(goal) ? 2 : 3))).append('\n');
    for (Study.Arm arm : arms) {
      long first = study.seeds(arm.course()).getFirst();
      text.append("| ").append(arm.name()).append(" | ").append(findings.stage(arm.course(), first).map(stage -> String.format(
          Locale.ROOT, "%.2f M", stage.parameters() / 1e6)).orElse("")).append(" |");
      for (Measure measure : measures) {
        Optional<Statistic> of = findings.of(arm, measure);
        text.append(' ').append(of.isEmpty() ? "" : of.get().interval()).append(" |");
      }
      if (!Double.isNaN(goal)) text.append(' ').append(reached(findings.curve(arm, RawResults.USUAL), goal)).append(" |");
      cost(text, study, findings, arm);
    }
    text.append('\n');
  }

  private static void cost(StringBuilder text, Study study, Findings findings, Study.Arm arm) {
    double seconds = 0;
    long leftOut = 0;
    TreeSet<String> problems = new TreeSet<>();
    for (long seed : study.seeds(arm.course())) {
      for (Course course = arm.course(); !course.isTeacher(); course = course.before()) {
        Optional<Findings.Stage> stage = findings.stage(course, seed);
        seconds += stage.map(Findings.Stage::seconds).orElse(0.0);
        leftOut += stage.map(Findings.Stage::leftOut).orElse(0L);
        stage.ifPresent(of -> problems.addAll(of.problems()));
      }
    }
    if (leftOut > 0) problems.add(leftOut + " steps left out");
    text.append(String.format(Locale.ROOT, " %.0f | %s |%n", seconds / study.seeds(arm.course()).size(), String.join(", ",
        problems)));
  }

  /// The largest loss that a trained arm ends with: all come to it.
  private static double slowest(Findings findings, List<Study.Arm> arms) {
    return arms.stream().map(arm -> findings.curve(arm, RawResults.USUAL)).filter(curve -> curve.size() > 1).flatMap(
        curve -> curve.values().stream().reduce((_, later) -> later).stream()).mapToDouble(loss -> loss).max().orElse(Double.NaN);
  }

  /// When a curve first comes to a loss, between two points on a straight line.
  static String reached(SortedMap<Long, Double> curve, double goal) {
    long before = 0;
    double last = Double.NaN;
    for (var point : curve.entrySet()) {
      if (point.getValue() <= goal) {
        double part = Double.isNaN(last) ? 1 : (last - goal) / (last - point.getValue());
        return String.format(Locale.ROOT, "%.0f", before + part * (point.getKey() - before));
      }
      before = point.getKey();
      last = point.getValue();
    }
    return "";
  }

  private static void differences(StringBuilder text, Findings findings, Study.Group group, List<Study.Arm> arms)
      throws ModelFormatException {
    Study.Arm baseline = group.arm(group.baseline());
    List<Measure> measures = measured(findings, List.of(baseline));
    if (arms.size() < 2) return;
    text.append("More than ").append(baseline.name()).append(", clip by clip, and for each seed:\n\n| |");
    for (Measure measure : measures)
      text.append(' ').append(measure.words()).append(measure.less()
          ? " (less is better) |"
          : " |");
    text.append("\n|---|").append("---|".repeat(measures.size())).append('\n');
    for (Study.Arm arm : arms) {
      if (arm.name().equals(baseline.name())) continue;
      text.append("| ").append(arm.name()).append(" |");
      for (Measure measure : measures) {
        Optional<Statistic> of = findings.of(arm, measure);
        Optional<Statistic> base = findings.of(baseline, measure);
        if (of.isEmpty() || base.isEmpty()) {
          text.append(" |");
          continue;
        }
        Statistic more = of.get().minus(base.get());
        text.append(' ').append(more.interval()).append("; ").append(seeds(more)).append(" |");
      }
      text.append('\n');
    }
    text.append('\n');
  }
}
