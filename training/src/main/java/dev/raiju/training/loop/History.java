package dev.raiju.training.loop;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// The metrics of every step of a run, which are part of its state.
public final class History {
  private List<String> names = List.of();
  private final List<double[]> rows = new ArrayList<>();

  /// No steps yet.
  public History() {}

  /// Adds the metrics of the next step.
  void add(Metrics metrics) {
    if (names.isEmpty()) names = List.copyOf(metrics.values().keySet());
    rows.add(names.stream().mapToDouble(name -> metrics.values().getOrDefault(name, Double.NaN)).toArray());
  }

  public List<String> names() { return names; }

  /// How many steps there are.
  public int steps() { return rows.size(); }

  /// A metric over all steps; NaN where a step did not measure it.
  public double[] column(String name) {
    int index = names.indexOf(name);
    if (index < 0) throw new IllegalArgumentException("history: no metric called " + name + "; there are " + names);
    return rows.stream().mapToDouble(row -> row[index]).toArray();
  }

  /// How many of the last `steps` steps measured something that is not finite.
  long notFinite(int steps) {
    return rows.subList(Math.max(0, rows.size() - steps), rows.size()).stream().filter(row -> !Arrays.stream(row).allMatch(
        Double::isFinite)).count();
  }

  /// A line of names, then a line for each step; floats as Java prints them, so that they read back exactly.
  public String csv() { return csv(rows.size(), 1); }

  /// The same with the first lines and then only every so many.
  ///
  /// @param first how many lines are all there
  /// @param every of the others, the steps that it divides
  public String csv(int first, int every) {
    StringBuilder text = new StringBuilder("step");
    names.forEach(name -> text.append(',').append(name));
    text.append('\n');
    for (int i = 0; i < rows.size(); i++) {
      if (i >= first && (i + 1) % every != 0) continue;
      text.append(i + 1);
      for (double value : rows.get(i)) text.append(',').append(String.format(Locale.ROOT, "%s", (float) value));
      text.append('\n');
    }
    return text.toString();
  }

  /// All values, `[steps, metrics]`, for saving; owned by the caller's scope.
  Tensor tensor() {
    double[] all = rows.stream().flatMapToDouble(Arrays::stream).toArray();
    return Tensor.of(Spec.of(DType.F64, rows.size(), names.size()), MemorySegment.ofArray(all), Device.reference());
  }

  /// The history that [#tensor] was made of.
  void restore(List<String> names, Tensor saved) {
    this.names = List.copyOf(names);
    rows.clear();
    double[] all = saved.toDoubles();
    for (int i = 0; i < saved.size(0); i++) rows.add(Arrays.copyOfRange(all, i * names.size(), (i + 1) * names.size()));
  }
}
