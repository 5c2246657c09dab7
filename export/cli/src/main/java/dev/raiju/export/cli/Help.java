package dev.raiju.export.cli;

import java.util.ArrayList;
import java.util.List;

/// The help texts, made from what the commands say of themselves.
final class Help {
  private Help() {}

  static List<String> overview() {
    List<String> lines = new ArrayList<>(List.of("raiju: video diffusion in Java", "", "usage: raiju COMMAND …", ""));
    List<List<String>> rows = new ArrayList<>();
    for (Command command : Raiju.COMMANDS) rows.add(List.of("  " + command.name(), command.summary()));
    rows.add(List.of("  bench", "times kernels, blocks and models, alone or beside peers"));
    rows.add(List.of("  test", "runs the tests; with --quick those that take five minutes"));
    lines.addAll(columns(rows));
    lines.addAll(List.of("", "raiju COMMAND --help tells the options of a command."));
    return lines;
  }

  static List<String> of(Command command) {
    List<String> lines = new ArrayList<>(List.of("usage: raiju " + command.name() + " " + command.arguments(), "",
        Character.toUpperCase(command.summary().charAt(0)) + command.summary().substring(1) + ".", ""));
    List<List<String>> rows = new ArrayList<>();
    for (Option option : command.options())
      rows.add(List.of("  " + option.name() + (option.isFlag() ? "" : " " + option.value()), option.help()));
    rows.add(List.of("  --help", "this text"));
    rows.add(List.of("  --debug", "shows where an internal error came from"));
    lines.addAll(columns(rows));
    return lines;
  }

  private static List<String> columns(List<List<String>> rows) {
    int width = rows.stream().mapToInt(row -> row.getFirst().length()).max().orElse(0);
    return rows.stream().map(row -> row.get(0) + " ".repeat(width - row.get(0).length() + 2) + row.get(1)).toList();
  }
}
