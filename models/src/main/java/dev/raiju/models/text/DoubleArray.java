package dev.raiju.models.text;

import java.util.function.IntPredicate;

/// A trie over byte strings as two interleaved arrays: one step from a node is one look-up. Aoe 1989.
///
/// The layout of a unit is the one of the Darts-clone library, which SentencePiece files hold:
///
/// ```
/// node   bits 0-7 label, 8 has a value, 9 offset counts 256s, 10-30 offset; 31 clear
/// value  bits 0-30 value; 31 set
/// ```
/// The child of the node at `p` by byte `b` is at `p ^ offset ^ b`, its own value at `p ^ offset`. Steps are not checked: units
/// from a file must have no [#firstBrokenNode].
final class DoubleArray {
  static final int ROOT = 0;
  /// What [#child] and [#value] answer when there is nothing.
  static final int NONE = -1;

  private static final int VALUE_BIT = 1 << 31;
  private static final int LABEL_BITS = VALUE_BIT | 0xFF;

  private final int[] units;

  DoubleArray(int[] units) { this.units = units; }

  static int node(int label, boolean hasValue, int offset) {
    int unit = label | (hasValue ? 1 << 8 : 0);
    return offset < 1 << 21 ? unit | offset << 10 : unit | offset << 2 | 1 << 9;
  }

  static int leaf(int value) { return value | VALUE_BIT; }

  /// Whether a node at the first place can point to the second: a far one only to the same place in its block of 256.
  static boolean reaches(int node, int base) {
    int offset = node ^ base;
    return offset < 1 << 21 || (offset & 0xFF) == 0 && offset < 1 << 29;
  }

  private static int offset(int unit) { return unit >>> 10 << ((unit & 1 << 9) >>> 6); }

  private static boolean hasValue(int unit) { return (unit & 1 << 8) != 0; }

  int[] units() { return units; }

  /// The node one byte further than `node`, or [#NONE].
  int child(int node, byte label) {
    int next = node ^ offset(units[node]) ^ label & 0xFF;
    // the zero byte is the label of unused units, and of the root
    return label != 0 && (units[next] & LABEL_BITS) == (label & 0xFF) ? next : NONE;
  }

  /// The value of the key that ends at `node`, or [#NONE].
  int value(int node) { return hasValue(units[node]) ? units[node ^ offset(units[node])] & ~VALUE_BIT : NONE; }

  /// The first node whose children lie outside the array, or whose value does, is none or is not `valid`; or [#NONE]. Visits each
  /// node that can be reached once, so a file with loops in it takes no longer.
  int firstBrokenNode(IntPredicate valid) {
    if (units.length == 0 || (units[ROOT] & VALUE_BIT) != 0) return ROOT;
    boolean[] seen = new boolean[units.length];
    int[] open = new int[units.length];
    int count = 1;
    seen[ROOT] = true;
    while (count > 0) {
      int node = open[--count];
      int base = node ^ offset(units[node]);
      if ((base | 0xFF) >= units.length) return node;
      if (hasValue(units[node]) && ((units[base] & VALUE_BIT) == 0 || !valid.test(units[base] & ~VALUE_BIT))) return node;
      for (int label = 1; label < 256; label++) {
        int next = base ^ label;
        if ((units[next] & LABEL_BITS) != label || seen[next]) continue;
        seen[next] = true;
        open[count++] = next;
      }
    }
    return NONE;
  }
}
