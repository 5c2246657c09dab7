package dev.raiju.tensor.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.graph.MemoryPlan.Life;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
  @Property(tries = 200)
  void thingsThatMeetInTimeDoNotMeetInMemory(@ForAll long seed, @ForAll @IntRange(max = 60) int count) {
    Random random = new Random(seed);
    List<Life> lives = IntStream.range(0, count).mapToObj(_ -> {
      int first = random.nextInt(40);
      return new Life(random.nextInt(5000), first, first + random.nextInt(12));
    }).toList();
    MemoryPlan plan = MemoryPlan.of(lives);
    for (int i = 0; i < count; i++) {
      long end = plan.offsets().get(i) + lives.get(i).bytes();
      assertTrue(plan.offsets().get(i) % 64 == 0 && end <= plan.bytes());
      for (int j = 0; j < i; j++) {
        boolean together = lives.get(i).first() <= lives.get(j).last() && lives.get(j).first() <= lives.get(i).last();
        boolean apart = end <= plan.offsets().get(j) || plan.offsets().get(j) + lives.get(j).bytes() <= plan.offsets().get(i);
        assertTrue(!together || apart, lives.get(i) + " and " + lives.get(j));
      }
    }
    // needed at one time, counted the slow way
    long most = IntStream.range(0, 60).mapToLong(t -> lives.stream().filter(life -> life.first() <= t && t <= life.last())
        .mapToLong(life -> (life.bytes() + 63) / 64 * 64).sum()).max().orElse(0);
    assertEquals(most, plan.leastBytes());
    assertTrue(plan.bytes() >= most && plan.bytes() <= plan.sumBytes());
  }

  @Test
  void aChainNeedsTwoPlaces() {
    MemoryPlan plan = MemoryPlan.of(IntStream.range(0, 10).mapToObj(t -> new Life(640, t, t + 1)).toList());
    assertEquals(2 * 640, plan.bytes());
    assertEquals(10 * 640, plan.sumBytes());
  }
}
