package dev.raiju.bench;

import dev.raiju.tensor.io.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// A headline run as columns, for people: times in ms, ratios above 1 where ours is faster.
final class HeadlineTable {
  private HeadlineTable() {}

  static List<String> of(Json.Obj run) {
    List<Json.Obj> lines = objects(run.members().get("rows"));
    Set<String> peers = new LinkedHashSet<>();
    for (Json.Obj line : lines) peers.addAll(object(line, "peers").members().keySet());
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("row", "dtype", "ours ms"));
    for (String peer : peers) head.addAll(List.of(peer, "ratio"));
    head.addAll(List.of("goal", "share", "goal", "error"));
    rows.add(head);
    for (Json.Obj line : lines) rows.add(row(line, peers));
    List<String> all = new ArrayList<>();
    all.add("threads " + number(run, "threads", "%.0f") + ", " + text(run, "time") + " time, limits " + object(run, "limits")
        .compact());
    all.addAll(LineTable.columns(rows));
    return all;
  }

  private static List<String> row(Json.Obj line, Set<String> peers) {
    List<String> row = new ArrayList<>(List.of(text(line, "name"), text(line, "dtype"), number(object(line, "ours"), "median_ms",
        "%.2f")));
    for (String peer : peers) {
      Json.Obj theirs = object(object(line, "peers"), peer);
      row.add(number(theirs, "median_ms", "%.2f"));
      row.add(number(theirs, "ratio", "%.2f"));
    }
    row.add(number(line, "ratio_goal", "%.2f"));
    row.add(number(line, "share", "%.2f"));
    row.add(number(line, "share_goal", "%.2f"));
    row.add(line.members().containsKey("error") ? text(line, "error") : number(line, "relative_error", "%.1e"));
    return row;
  }

  private static List<Json.Obj> objects(@org.jspecify.annotations.Nullable Json array) {
    List<Json.Obj> all = new ArrayList<>();
    if (array instanceof Json.Arr(List<Json> items)) {
      for (Json item : items) {
        if (item instanceof Json.Obj object) all.add(object);
      }
    }
    return all;
  }

  private static Json.Obj object(Json.Obj in, String name) {
    return in.members().get(name) instanceof Json.Obj object ? object : Json.object();
  }

  private static String text(Json.Obj in, String name) { return in.members().get(name) instanceof Json.Str(String s) ? s : "-"; }

  private static String number(Json.Obj in, String name, String format) {
    return switch (in.members().getOrDefault(name, new Json.Null())) {
      case Json.Real(double value) -> String.format(Locale.ROOT, format, value);
      case Json.Int(long value) -> String.format(Locale.ROOT, format, (double) value);
      default -> "-";
    };
  }
}
