package dev.raiju.models.text;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;

/// Lays a trie out as a [DoubleArray]: each node's children go to the first place where all of them find free units.
final class DoubleArrayBuilder {
  private static final int BLOCK = 256;
  // free units further back are given up: they are few, and looking through all of them would make building quadratic
  private static final int OPEN = 16 * BLOCK;

  private final byte[][] keys;
  private final int[] values;
  private int[] units = new int[BLOCK];
  private int size;
  // the free units as a ring in ascending order
  private int[] next = new int[BLOCK];
  private int[] previous = new int[BLOCK];
  private int firstFree = DoubleArray.NONE;
  private final BitSet taken = new BitSet();
  private final BitSet bases = new BitSet();
  private final ArrayDeque<Range> open = new ArrayDeque<>();
  // of the node at hand: the labels of its children, and where the keys of each begin
  private final int[] labels = new int[BLOCK];
  private final int[] begins = new int[BLOCK + 1];

  /// The keys from `begin` to `end` agree in their first `depth` bytes, which lead to `node`.
  private record Range(int node, int begin, int end, int depth) {}

  private DoubleArrayBuilder(byte[][] keys, int[] values) {
    this.keys = keys;
    this.values = values;
  }

  /// The trie of some keys and their values.
  ///
  /// @param keys in ascending order of their unsigned bytes; none is empty, holds a zero byte or appears twice
  /// @param values of the keys, none negative
  static DoubleArray build(byte[][] keys, int[] values) {
    DoubleArrayBuilder builder = new DoubleArrayBuilder(keys, values);
    builder.addBlock();
    builder.take(DoubleArray.ROOT);
    if (keys.length > 0) builder.open.push(new Range(DoubleArray.ROOT, 0, keys.length, 0));
    while (!builder.open.isEmpty()) builder.place(builder.open.pop());
    return new DoubleArray(Arrays.copyOf(builder.units, builder.size));
  }

  private void place(Range range) {
    int count = 0;
    for (int i = range.begin; i < range.end; i++) {
      int label = range.depth == keys[i].length ? 0 : keys[i][range.depth] & 0xFF;
      if (count > 0 && labels[count - 1] == label) continue;
      begins[count] = i;
      labels[count++] = label;
    }
    begins[count] = range.end;
    int base = findBase(range.node, count);
    bases.set(base);
    units[range.node] = DoubleArray.node(units[range.node], labels[0] == 0, range.node ^ base);
    for (int i = 0; i < count; i++) {
      int child = base ^ labels[i];
      take(child);
      units[child] = labels[i] == 0 ? DoubleArray.leaf(values[begins[i]]) : labels[i];
      if (labels[i] != 0) open.push(new Range(child, begins[i], begins[i + 1], range.depth + 1));
    }
  }

  private int findBase(int node, int count) {
    if (firstFree != DoubleArray.NONE) {
      int free = firstFree;
      do {
        int base = free ^ labels[0];
        if (!bases.get(base) && DoubleArray.reaches(node, base) && allFree(base, count)) return base;
        free = next[free];
      } while (free != firstFree);
    }
    addBlock();
    return size - BLOCK | node & BLOCK - 1;
  }

  private boolean allFree(int base, int count) {
    for (int i = 1; i < count; i++) {
      if (taken.get(base ^ labels[i])) return false;
    }
    return true;
  }

  private void addBlock() {
    if (size == units.length) {
      units = Arrays.copyOf(units, 2 * size);
      next = Arrays.copyOf(next, 2 * size);
      previous = Arrays.copyOf(previous, 2 * size);
    }
    for (int i = size; i < size + BLOCK; i++) link(i);
    size += BLOCK;
    for (int i = Math.max(0, size - OPEN - BLOCK); i < size - OPEN; i++) {
      if (!taken.get(i)) unlink(i);
    }
  }

  private void link(int unit) {
    if (firstFree == DoubleArray.NONE) firstFree = next[unit] = previous[unit] = unit;
    int last = previous[firstFree];
    next[last] = previous[firstFree] = unit;
    previous[unit] = last;
    next[unit] = firstFree;
  }

  private void take(int unit) {
    taken.set(unit);
    unlink(unit);
  }

  private void unlink(int unit) {
    if (next[unit] == unit) firstFree = DoubleArray.NONE;
    else {
      next[previous[unit]] = next[unit];
      previous[next[unit]] = previous[unit];
      if (firstFree == unit) firstFree = next[unit];
    }
  }
}
