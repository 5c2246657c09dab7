package dev.raiju.models.nn;

import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The names of a model's parameters, our own and those in the checkpoints of others: a row for each module or parameter, a column
/// for each way of naming.
///
/// ```java
/// NameTable.of("original", "diffusers")
///     .row("blocks.*.crossNorm", "blocks.*.norm3", "blocks.*.norm2")
///     .row("head.output", "head.head", "proj_out");
/// ```
/// A `*` stands for a number, the same in all columns. What comes behind a module's name stays: `.weight`, `.bias`. Where two rows
/// have the same name of ours, the first one is written and both are read.
public final class NameTable {
  private final List<String> namings;
  private final List<Row> rows;

  private NameTable(List<String> namings, List<Row> rows) {
    this.namings = List.copyOf(namings);
    this.rows = List.copyOf(rows);
  }

  private record Row(Pattern ours, List<Pattern> theirs, String ourName, List<String> theirNames) {
    static Row of(String ours, List<String> theirs) {
      return new Row(pattern(ours), theirs.stream().map(Row::pattern).toList(), ours, theirs);
    }

    private static Pattern pattern(String name) {
      return Pattern.compile("\\Q" + name.replace("*", "\\E(\\d+)\\Q") + "\\E(\\..+)?");
    }

    static Optional<String> translate(String name, Pattern from, String to) {
      Matcher matcher = from.matcher(name);
      if (!matcher.matches()) return Optional.empty();
      int last = matcher.groupCount();
      String result = to;
      for (int i = 1; i < last; i++) result = result.replaceFirst("\\*", matcher.group(i));
      return Optional.of(matcher.group(last) == null ? result : result + matcher.group(last));
    }
  }

  /// A table without rows.
  public static NameTable of(String... namings) { return new NameTable(List.of(namings), List.of()); }

  /// This table with one more row.
  ///
  /// @param theirs a name for each column
  public NameTable row(String ours, String... theirs) {
    if (theirs.length != namings.size())
      throw new IllegalArgumentException("names: " + ours + ": " + theirs.length + " names for the columns " + namings);
    List<Row> more = new ArrayList<>(rows);
    more.add(Row.of(ours, List.of(theirs)));
    return new NameTable(namings, more);
  }

  /// The ways of naming, in the order of the columns.
  public List<String> namings() { return namings; }

  /// The name in a checkpoint of our parameter `name`.
  ///
  /// @throws IllegalArgumentException if there is no such way of naming, or the table has no row for the parameter
  public String theirs(String naming, String name) {
    int column = column(naming);
    for (Row row : rows) {
      Optional<String> found = Row.translate(name, row.ours(), row.theirNames().get(column));
      if (found.isPresent()) return found.get();
    }
    throw new IllegalArgumentException("names: no row for " + name);
  }

  /// Our name of what is called `name` in a checkpoint, if the table knows it.
  public Optional<String> ours(String naming, String name) {
    int column = column(naming);
    for (Row row : rows) {
      Optional<String> found = Row.translate(name, row.theirs().get(column), row.ourName());
      if (found.isPresent()) return found;
    }
    return Optional.empty();
  }

  /// How many of these names the table knows in a way of naming.
  public long known(String naming, Collection<String> names) {
    return names.stream().filter(name -> ours(naming, name).isPresent()).count();
  }

  /// A module's parameters under the names of a checkpoint, to be written to a file or compared with one.
  public SequencedMap<String, Tensor> named(String naming, Module<?> module) {
    SequencedMap<String, Tensor> named = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> parameter : module.parameters().entrySet()) {
      named.put(theirs(naming, parameter.getKey()), parameter.getValue());
    }
    return named;
  }

  private int column(String naming) {
    int column = namings.indexOf(naming);
    if (column < 0) throw new IllegalArgumentException("names: no way of naming called " + naming + "; there are " + namings);
    return column;
  }
}
