package dev.raiju.export.cli;

import java.util.List;

/// One verb of the command line.
interface Command {
  /// The verb.
  String name();

  /// The arguments after the verb, as shown in the usage line.
  String arguments();

  /// What it does, in one line.
  String summary();

  /// The options it takes beside `--help`.
  List<Option> options();

  /// Does it.
  ///
  /// @return the exit status: 0 when all went well
  /// @throws UserError for anything that the user can mend; the message is shown as one line
  int run(Arguments arguments, Console console) throws Exception;
}
