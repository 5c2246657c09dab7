package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ClipStreamTest {
  @Property(tries = 50)
  void aResumedStreamGoesOnAsIfItHadNotStopped(@ForAll long seed, @ForAll @IntRange(min = 0, max = 10_000) int position) {
    ClipStream whole = ClipStream.of(seed, Mixture.usual()).seek(position);
    List<Example> expected = IntStream.range(0, 25).mapToObj(_ -> whole.next()).toList();
    ClipStream resumed = ClipStream.of(seed, Mixture.usual()).seek(position + 7);
    for (int i = 7; i < 25; i++) {
      Example example = resumed.next();
      assertEquals(expected.get(i), example);
      assertEquals(expected.get(i).paint(), example.paint());
    }
    assertEquals(position + 25, resumed.position());
  }

  @Test
  void everyRoundHasItsShareOfEachKind() {
    ClipStream stream = ClipStream.of(3, new Mixture(4, 3, 2, 1));
    Set<List<ClipKind>> orders = new HashSet<>();
    for (int round = 0; round < 30; round++) {
      List<ClipKind> order = IntStream.range(0, 10).mapToObj(_ -> stream.next().kind()).toList();
      Map<ClipKind, Integer> counts = new EnumMap<>(ClipKind.class);
      order.forEach(kind -> counts.merge(kind, 1, Integer::sum));
      assertEquals(Map.of(ClipKind.ONE_SHAPE, 4, ClipKind.TWO_SHAPES, 3, ClipKind.DIGIT, 2, ClipKind.PICTURE, 1), counts);
      orders.add(order);
    }
    // 12,600 orders: thirty differ but for one chance in thirty
    assertEquals(30, orders.size(), 1);
  }

  @Test
  void picturesShowShapesAndDigits() {
    ClipStream stream = ClipStream.of(3, new Mixture(0, 0, 0, 1));
    long digits = IntStream.range(0, 200).filter(_ -> stream.next().scene().actors().getFirst() instanceof Actor.Written).count();
    assertEquals(50, digits);
  }

  @Test
  void rejectsAnEmptyMixture() { assertThrows(IllegalArgumentException.class, () -> new Mixture(0, 0, 0, 0)); }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void aShuffleGivesEveryThingOnceARound(@ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int count,
      @ForAll @IntRange(min = 0, max = 1000) int round) {
    Shuffle shuffle = Shuffle.of(count, seed);
    long first = (long) round * count;
    assertEquals(count, IntStream.range(0, count).map(i -> shuffle.at(first + i)).distinct().count());
    assertEquals(Shuffle.of(count, seed).at(first + count / 2), shuffle.at(first + count / 2));
  }
}
