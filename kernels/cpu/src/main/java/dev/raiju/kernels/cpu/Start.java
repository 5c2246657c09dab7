package dev.raiju.kernels.cpu;

/// How long plain Java takes the place of the Vector API. Until the compiler has come to a method of the latter, each of its
/// vectors is an object and it runs some hundred times slower: a clip takes less time without it. Once so much was computed that it
/// would have paid, it is worth its start.
///
/// What is counted is work and not time, and both give the same bits.
final class Start {
  // by then plain loops have lost about the time that those of the shipped model take to be compiled
  private static final long ELEMENTS = 1L << 28;

  private final long elements;
  // threads may lose what others add at the same time, which only makes the start longer
  private long done;

  /// One that is long enough.
  Start() { this(ELEMENTS); }

  /// @param elements that are worked on until it is over
  Start(long elements) { this.elements = elements; }

  /// Whether it is over, of work on so many elements more.
  boolean isOver(long more) {
    long before = done;
    if (before >= elements) return true;
    done = before + more;
    return false;
  }
}
