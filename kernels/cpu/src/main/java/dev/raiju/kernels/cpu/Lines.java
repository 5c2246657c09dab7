package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Shape;

/// The lines of a row-major tensor along one axis: elements that differ in that place alone.
///
/// @param size elements in a line
/// @param inner the distance of two neighbours, and how many lines lie side by side
/// @param count how many lines there are
record Lines(long size, long inner, long count) {
  static Lines of(Shape shape, int axis) {
    long inner = shape.slice(axis + 1, shape.rank()).elements();
    return new Lines(shape.size(axis), inner, shape.slice(0, axis).elements() * inner);
  }

  /// Where line `number` begins.
  long begin(long number) { return number / inner * size * inner + number % inner; }
}
