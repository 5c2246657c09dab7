package dev.raiju.tensor;

import java.util.Locale;

/// A tensor as text for people.
final class TensorText {
  private static final int EDGE = 3;
  private static final int WHOLE = 200;

  private TensorText() {}

  static String of(Tensor t) {
    String head = t.spec() + " " + t.device();
    if (t.isClosed()) return head + " (closed)";
    if (t.dtype().isBlock() || !t.device().backend().hasValues() || t.shape().elements() > Integer.MAX_VALUE) return head;
    StringBuilder text = new StringBuilder(head).append(' ');
    values(text, t.toDoubles(), t, 0, 0);
    return text.toString();
  }

  private static void values(StringBuilder text, double[] values, Tensor t, int axis, int at) {
    if (axis == t.rank()) {
      text.append(number(values[at], t.dtype()));
      return;
    }
    int size = (int) t.size(axis);
    int inner = (int) t.shape().slice(axis + 1, t.rank()).elements();
    boolean cut = values.length > WHOLE && size > 2 * EDGE;
    text.append('[');
    for (int i = 0; i < size; i++) {
      if (i > 0) text.append(axis == t.rank() - 1 ? ", " : ",\n" + " ".repeat(axis + 1));
      if (cut && i == EDGE) {
        text.append("… ").append(size - 2 * EDGE).append(" more …");
        i = size - EDGE - 1;
        continue;
      }
      values(text, values, t, axis + 1, at + i * inner);
    }
    text.append(']');
  }

  private static String number(double value, DType type) {
    if (type == DType.BOOL) return value != 0 ? "true" : "false";
    if (!type.isFloat() || value == Math.rint(value) && Math.abs(value) < 1e7)
      return String.format(Locale.ROOT, type.isFloat() ? "%.1f" : "%.0f", value);
    return String.format(Locale.ROOT, "%.5g", value);
  }
}
