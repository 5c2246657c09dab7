package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

class BestPathProps {
  @Property(tries = 1000)
  void noOtherCutIsMoreProbable(@ForAll @CharRange(from = 'a', to = 'e') @StringLength(max = 10) String text, @ForAll long seed) {
    Map<String, Float> scores = randomScores(new Random(seed));
    List<BestPath.Segment> path = new BestPath(model(scores)).of(Utf8.encode(text));
    double lowest = scores.values().stream().mapToDouble(Float::doubleValue).min().orElseThrow();
    double total = 0;
    int at = 0;
    for (BestPath.Segment segment : path) {
      assertEquals(at, segment.begin());
      at = segment.end();
      String part = text.substring(segment.begin(), segment.end());
      assertEquals(scores.containsKey(part), segment.id() != 0, part);
      total += scores.containsKey(part) ? scores.get(part) : lowest - 10;
    }
    assertEquals(text.length(), at);
    // sums are in f32
    assertTrue(total >= bestOfAllCuts(text, scores, lowest - 10) - 1e-4, path + " " + scores);
  }

  /// Every way to cut, one character at a time unknown where it is no piece.
  private static double bestOfAllCuts(String text, Map<String, Float> scores, double unknown) {
    if (text.isEmpty()) return 0;
    double best = Double.NEGATIVE_INFINITY;
    for (int length = 1; length <= text.length(); length++) {
      String head = text.substring(0, length);
      double score = scores.containsKey(head) ? scores.get(head) : length == 1 ? unknown : Double.NEGATIVE_INFINITY;
      if (score == Double.NEGATIVE_INFINITY) continue;
      best = Math.max(best, score + bestOfAllCuts(text.substring(length), scores, unknown));
    }
    return best;
  }

  private static Map<String, Float> randomScores(Random random) {
    Map<String, Float> scores = new HashMap<>();
    for (int i = 0; i < 12; i++) {
      StringBuilder piece = new StringBuilder();
      for (int length = 1 + random.nextInt(3); length > 0; length--) piece.append((char) ('a' + random.nextInt(5)));
      scores.put(piece.toString(), -8 * random.nextFloat());
    }
    return scores;
  }

  private static SentencePieceModel model(Map<String, Float> scores) {
    List<Piece> pieces = new ArrayList<>(List.of(new Piece("<unk>", 0, Kind.UNKNOWN)));
    scores.forEach((text, score) -> pieces.add(new Piece(text, score, Kind.NORMAL)));
    return SentencePieceModel.of(pieces, new SpecialIds(-1, -1, -1, 0), Normalization.of("identity", CharMap.identity()));
  }
}
