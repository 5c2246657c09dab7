package dev.raiju.bench;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// What the numbers of a case are stored in and multiplied as. The labels are those of the peers.
enum Kind {
  F32("f32", 4),
  BF16("bf16", 2),
  /// f32 in and out, int8 weights.
  INT8_DYNAMIC("int8dyn", 1),
  /// The bare product of int8 by int8.
  INT8_PRODUCT("int8mm", 1),
  /// bf16 in and out, int8 weights.
  W8("w8", 1),
  /// bf16 in and out, int4 weights in groups of 32.
  W4("w4", 1);

  private final String label;
  private final int bytes;

  Kind(String label, int bytes) {
    this.label = label;
    this.bytes = bytes;
  }

  static Optional<Kind> of(String label) { return Arrays.stream(values()).filter(k -> k.label.equals(label)).findFirst(); }

  static String labels() { return Arrays.stream(values()).map(Kind::label).collect(Collectors.joining(", ")); }

  String label() { return label; }

  /// Bytes of one element.
  int bytes() { return bytes; }

  @Override
  public String toString() { return label; }
}
