package dev.raiju.kernels.metal;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/// What a message takes or gives, with the letters by which the Objective-C runtime writes such types down.
enum Kind {
  NOTHING(Optional.empty(), "v"),
  /// An object or a class.
  OBJECT(ValueLayout.ADDRESS, "@#"),
  /// A C pointer, or the place of an object.
  POINTER(ValueLayout.ADDRESS, "^*"),
  /// Code to be run, always none here.
  BLOCK(ValueLayout.ADDRESS, "@^"),
  /// `NSUInteger`, `NSInteger` or `uint64_t`: 64 bits on everything that is supported.
  WHOLE(ValueLayout.JAVA_LONG, "qQlL"),
  /// `BOOL`, one byte.
  FLAG(ValueLayout.JAVA_BOOLEAN, "BcC"),
  SECONDS(ValueLayout.JAVA_DOUBLE, "d"),
  /// `MTLSize`, by value.
  SIZE(layoutOfSize(), "{");

  private final Optional<MemoryLayout> layout;
  private final String letters;

  Kind(MemoryLayout layout, String letters) { this(Optional.of(layout), letters); }

  Kind(Optional<MemoryLayout> layout, String letters) {
    this.layout = layout;
    this.letters = letters;
  }

  private static StructLayout layoutOfSize() {
    return MemoryLayout.structLayout(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
  }

  /// How it is passed; none for nothing.
  Optional<MemoryLayout> layout() { return layout; }

  /// Whether the runtime's letters for a type, such as `Q` or `r^v`, are of this kind.
  boolean isWritten(String encoding) {
    // const, in, inout, out, by copy, by reference, one way
    int at = 0;
    while (at < encoding.length() - 1 && "rnNoORV".indexOf(encoding.charAt(at)) >= 0) at++;
    return letters.indexOf(encoding.charAt(at)) >= 0;
  }
}
