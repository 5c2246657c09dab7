package dev.raiju.kernels.cpu.emit;

import java.util.ArrayList;
import java.util.List;

/// A place in code that jumps go to, known before or after them.
final class Label {
  private static final int UNKNOWN = -1;

  private final List<Integer> waiting = new ArrayList<>();
  private int place = UNKNOWN;

  boolean isBound() { return place != UNKNOWN; }

  int place() { return place; }

  /// Notes a displacement of 32 bits that must be filled in.
  void await(int displacement) { waiting.add(displacement); }

  /// Binds the label and gives the displacements that waited for it.
  List<Integer> bind(int at) {
    if (isBound()) throw new IllegalStateException("assembler: label bound twice: at " + place + " and " + at);
    place = at;
    List<Integer> all = List.copyOf(waiting);
    waiting.clear();
    return all;
  }
}
