package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The axes of some layouts of one shape, joined wherever all of them walk on from one axis to the next: fewer divisions for
/// every element. Outermost first.
///
/// @param sizes of the axes
/// @param strides for each layout, those of its axes
record Strided(long[] sizes, List<long[]> strides) {
  static Strided of(Layout... layouts) {
    Shape shape = layouts[0].shape();
    List<long[]> all = Arrays.stream(layouts).map(Layout::strides).toList();
    return of(shape.sizes(), all);
  }

  static Strided of(long[] sizes, List<long[]> strides) {
    int count = strides.size();
    List<Long> joinedSizes = new ArrayList<>();
    List<List<Long>> joined = new ArrayList<>();
    for (int i = 0; i < count; i++) joined.add(new ArrayList<>());
    for (int axis = 0; axis < sizes.length; axis++) {
      if (sizes[axis] == 1) continue;
      int last = joinedSizes.size() - 1;
      boolean goesOn = last >= 0;
      for (int i = 0; i < count && goesOn; i++) goesOn = joined.get(i).get(last) == strides.get(i)[axis] * sizes[axis];
      if (goesOn) joinedSizes.set(last, joinedSizes.get(last) * sizes[axis]);
      else joinedSizes.add(sizes[axis]);
      for (int i = 0; i < count; i++) {
        if (goesOn) joined.get(i).set(last, strides.get(i)[axis]);
        else joined.get(i).add(strides.get(i)[axis]);
      }
    }
    return new Strided(numbers(joinedSizes), joined.stream().map(Strided::numbers).toList());
  }

  private static long[] numbers(List<Long> list) { return list.stream().mapToLong(Long::longValue).toArray(); }

  int rank() { return sizes.length; }

  long[] of(int layout) { return strides.get(layout); }
}
