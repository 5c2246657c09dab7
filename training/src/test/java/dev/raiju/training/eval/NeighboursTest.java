package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Mixture;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class NeighboursTest {
  private static ClipStream stream() { return ClipStream.of(5, Mixture.usual()); }

  private static List<Frames> clips(long seed, int count) {
    ClipStream stream = ClipStream.of(seed, Mixture.usual());
    return LongStream.range(0, 10L * count).mapToObj(stream::at).filter(e -> e.kind() != ClipKind.PICTURE).limit(count).map(
        Example::paint).toList();
  }

  @Test
  void findsACopyWhereverItStands() {
    List<Frames> trained = clips(5, 300);
    assertEquals(0, Neighbours.of(List.of(trained.get(299)), stream(), 300).least());
    assertTrue(Neighbours.of(List.of(trained.get(299)), stream(), 299).least() > 0.1);
  }

  @Test
  void newClipsAreNoCopies() {
    Neighbours neighbours = Neighbours.of(clips(6, 20), stream(), 300);
    assertTrue(neighbours.least() > 0.05, neighbours::toString);
    assertTrue(neighbours.median() > neighbours.least(), neighbours::toString);
    assertTrue(neighbours.median() <= 1, neighbours::toString);
  }
}
