package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a pickle of tensors may hold: nothing that acts.
sealed interface Pickled {
  record None() implements Pickled {}

  record Flag(boolean value) implements Pickled {}

  /// Has an order, as [Text] has, so that a map of keys with one hash, which a file can bring about, stays fast.
  record Whole(long value) implements Pickled, Comparable<Whole> {
    @Override
    public int compareTo(Whole other) { return Long.compare(value, other.value); }
  }

  record Real(double value) implements Pickled {}

  record Text(String value) implements Pickled, Comparable<Text> {
    @Override
    public int compareTo(Text other) { return value.compareTo(other.value); }
  }

  record Tuple(List<Pickled> items) implements Pickled {}

  /// A list: what is appended to it later is in it wherever it is.
  record Listing(List<Pickled> items) implements Pickled {}

  /// A dictionary, ordered or not. Its equality is its identity: it may hold itself.
  final class Dictionary implements Pickled {
    final Map<Pickled, Pickled> members = new LinkedHashMap<>();
  }

  /// A name of Python's that is on our list.
  record Global(String name) implements Pickled {}

  /// Elements in one entry of the archive.
  ///
  /// @param type none if the pickle counts bytes
  /// @param key the name of the entry
  /// @param count how many elements
  record Storage(Optional<DType> type, String key, long count) implements Pickled {}

  /// A tensor: elements of a storage, `offset + Σ index · stride`.
  record View(Storage storage, DType type, long offset, long[] sizes, long[] strides) implements Pickled {}

  /// Where a group of values on the stack begins.
  record Mark() implements Pickled {}
}
