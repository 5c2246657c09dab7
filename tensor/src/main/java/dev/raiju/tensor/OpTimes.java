package dev.raiju.tensor;

import dev.raiju.tensor.op.Op;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/// Where the time of a computation goes: the time of every operation of this thread, summed by what was called with what.
///
/// ```java
/// try (OpTimes times = OpTimes.start()) {
///   step();
///   System.out.print(times.table(20));
/// }
/// ```
///
/// An operation's time runs from the end of the one before, so what a program does in between counts for the operation that
/// follows it. Parts of a fused op, and what is computed silently, count for the op that is heard.
public final class OpTimes implements AutoCloseable {
  /// What one kind of call took.
  ///
  /// @param call the op's name and its inputs; a `~` marks one that is not contiguous
  /// @param count how often it was called
  /// @param nanos in all
  public record Row(String call, long count, long nanos) {}

  /// Inputs that are named; updates of many tensors have hundreds.
  private static final int INPUTS = 6;

  private final LongSupplier clock;
  private final Map<String, Row> rows = new HashMap<>();
  private final Trace.Registration registration;
  private long last;

  private OpTimes(LongSupplier clock) {
    this.clock = clock;
    this.last = clock.getAsLong();
    this.registration = Trace.listen((op, in, _) -> add(op, in));
  }

  /// Starts with wall-clock time.
  public static OpTimes start() { return start(System::nanoTime); }

  /// Starts with another clock, such as the CPU time of this thread where others compute beside it.
  ///
  /// @param clock nanoseconds since any point
  public static OpTimes start(LongSupplier clock) { return new OpTimes(clock); }

  private void add(Op op, List<Tensor> in) {
    long nanos = clock.getAsLong() - last;
    String call = call(op, in);
    rows.merge(call, new Row(call, 1, nanos), (a, b) -> new Row(a.call(), a.count() + 1, a.nanos() + b.nanos()));
    // what was done here is nobody's
    last = clock.getAsLong();
  }

  private static String call(Op op, List<Tensor> in) {
    StringBuilder call = new StringBuilder(op.name());
    for (Tensor t : in.subList(0, Math.min(INPUTS, in.size()))) {
      call.append(' ').append(t.spec()).append(t.layout().isContiguous() ? "" : "~");
    }
    return call.append(in.size() > INPUTS ? " …" : "").toString();
  }

  /// All kinds of calls, the longest first.
  public List<Row> rows() {
    return rows.values().stream().sorted(Comparator.comparingLong(Row::nanos).reversed().thenComparing(Row::call)).toList();
  }

  /// A line for the whole and one for each of the longest kinds of calls: milliseconds, how often, microseconds each, what.
  ///
  /// @param most how many kinds of calls
  public String table(int most) {
    StringBuilder table = new StringBuilder();
    long nanos = rows.values().stream().mapToLong(Row::nanos).sum();
    long count = rows.values().stream().mapToLong(Row::count).sum();
    line(table, new Row("in all", count, nanos));
    rows().stream().limit(most).forEach(row -> line(table, row));
    return table.toString();
  }

  private static void line(StringBuilder table, Row row) {
    double each = row.nanos() / 1e3 / Math.max(1, row.count());
    table.append(String.format(Locale.ROOT, "%9.2f ms %6d x %9.1f us  %s%n", row.nanos() / 1e6, row.count(), each, row.call()));
  }

  /// Stops listening; the rows stay. On the thread that started.
  @Override
  public void close() { registration.close(); }
}
