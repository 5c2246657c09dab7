package dev.raiju.export.cli;

/// An option of a command.
///
/// @param name with its dashes: `--seed`
/// @param value what its value is called in the help, empty for a switch
/// @param help what it does, with the default
record Option(String name, String value, String help) {
  static Option of(String name, String value, String help) { return new Option(name, value, help); }

  static Option flag(String name, String help) { return new Option(name, "", help); }

  boolean isFlag() { return value.isEmpty(); }
}
