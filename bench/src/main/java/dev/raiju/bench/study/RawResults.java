package dev.raiju.bench.study;

import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/// What was measured, a JSON object a line: the file is whole after every line, whatever happens to the process. `"line"` says what a
/// line is.
///
/// | line | what |
/// |---|---|
/// | `basis` | what all others depend on |
/// | `run` | on which machine it went on |
/// | `loss` | the loss of each validation clip, after a number of steps of a stage |
/// | `stage` | that a stage is done, and how that went |
/// | `clips` | for each prompt what was right, and what its clip looks like |
/// | `truth` | what true clips look like |
final class RawResults {
  static final String BASIS = "basis";
  static final String RUN = "run";
  static final String LOSS = "loss";
  static final String STAGE = "stage";
  static final String CLIPS = "clips";
  static final String TRUTH = "truth";

  /// The wordings of prompts.
  static final String USUAL = "usual";
  static final String OTHER = "other";

  private static final MathContext DIGITS = new MathContext(5);

  private final Path file;
  private final List<Json.Obj> lines = new ArrayList<>();

  private RawResults(Path file) { this.file = file; }

  /// Reads what there is.
  static RawResults open(Path file) throws IOException {
    RawResults results = new RawResults(file);
    if (!Files.exists(file)) return results;
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      String source = file + ":" + ++number;
      if (!(Json.parse(source, line) instanceof Json.Obj object))
        throw Fields.of(source, Json.object()).refuse("line", "is no object; needs one a line");
      results.lines.add(object);
    }
    return results;
  }

  List<Json.Obj> lines() { return List.copyOf(lines); }

  /// The members of all lines of a kind.
  List<Fields> all(String kind) throws ModelFormatException {
    List<Fields> all = new ArrayList<>();
    for (Json.Obj line : lines) {
      Fields fields = Fields.of(file.toString(), line);
      if (fields.string("line").equals(kind)) all.add(fields);
    }
    return all;
  }

  /// Adds a line, and writes it.
  void add(Json.Obj line) throws IOException {
    lines.add(line);
    write();
  }

  /// Leaves lines out, and writes the others.
  void remove(List<Json.Obj> gone) throws IOException {
    if (lines.removeAll(gone)) write();
  }

  private void write() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Json.Obj line : lines) text.append(line.compact()).append('\n');
    Durable.system().write(file.toAbsolutePath(), text.toString());
  }

  static Json.Obj line(String kind) { return Json.object().with("line", kind); }

  /// A number with five digits; `null` where it is none.
  static Json number(double value) {
    return Double.isFinite(value) ? Json.of(new BigDecimal(value).round(DIGITS).doubleValue()) : new Json.Null();
  }

  static Json numbers(double[] values) { return new Json.Arr(Arrays.stream(values).mapToObj(RawResults::number).toList()); }

  /// What [#numbers] wrote.
  static double[] numbers(Fields line, String name) throws ModelFormatException {
    return numbers(line, name, line.value(name));
  }

  /// Rows of them.
  static List<double[]> rows(Fields line, String name) throws ModelFormatException {
    List<double[]> rows = new ArrayList<>();
    if (!(line.value(name) instanceof Json.Arr(List<Json> items))) throw line.refuse(name, "is no list; needs rows of numbers");
    for (Json item : items) rows.add(numbers(line, name, item));
    return rows;
  }

  private static double[] numbers(Fields line, String name, Json value) throws ModelFormatException {
    if (!(value instanceof Json.Arr(List<Json> items))) throw line.refuse(name, "is no list; needs numbers");
    double[] numbers = new double[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      OptionalDouble number = number(items.get(i));
      if (number.isEmpty()) throw line.refuse(name, "has an item that is no number; needs numbers");
      numbers[i] = number.getAsDouble();
    }
    return numbers;
  }

  private static OptionalDouble number(Json item) {
    return switch (item) {
      case Json.Int(long whole) -> OptionalDouble.of(whole);
      case Json.Real(double real) -> OptionalDouble.of(real);
      case Json.Null _ -> OptionalDouble.of(Double.NaN);
      case Json.Obj _,Json.Arr _,Json.Str _,Json.Bool _ -> OptionalDouble.empty();
    };
  }

  @Override
  public String toString() { return file.toString(); }
}
