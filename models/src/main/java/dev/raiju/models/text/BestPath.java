package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Cuts a text into the pieces with the largest product of probabilities: Viterbi over the places between its characters.
///
/// A character that no piece covers is unknown and costs 10 more than the least likely piece. User-defined pieces cost next to
/// nothing. Sums are in f32, as SentencePiece has them, so that near ties fall the same way.
final class BestPath {
  private static final float UNKNOWN_PENALTY = 10;
  private static final double USER_DEFINED_PENALTY = 0.1;

  private final DoubleArray trie;
  private final float[] scores;
  private final boolean[] userDefined;
  private final int unknownId;
  private final float unknownScore;
  private final float highestScore;

  /// The piece `id` for the bytes from `begin` to `end`.
  record Segment(int id, int begin, int end) {}

  BestPath(SentencePieceModel model) {
    List<Piece> pieces = model.pieces();
    this.trie = PieceTrie.of(pieces, Kind.NORMAL, Kind.USER_DEFINED);
    this.scores = new float[pieces.size()];
    this.userDefined = new boolean[pieces.size()];
    float lowest = Float.MAX_VALUE;
    float highest = Float.MIN_NORMAL;
    for (int id = 0; id < scores.length; id++) {
      Piece piece = pieces.get(id);
      scores[id] = piece.score();
      userDefined[id] = piece.kind() == Kind.USER_DEFINED;
      if (piece.kind() != Kind.NORMAL) continue;
      lowest = Math.min(lowest, piece.score());
      highest = Math.max(highest, piece.score());
    }
    this.unknownId = model.specialIds().unknown();
    this.unknownScore = lowest - UNKNOWN_PENALTY;
    this.highestScore = highest;
  }

  /// The best pieces of a text in UTF-8, already normalised.
  List<Segment> of(byte[] text) {
    Ends ends = new Ends(text.length);
    for (int begin = 0, length; begin < text.length; begin += length) {
      length = Math.min(Utf8.leadLength(text[begin]), text.length - begin);
      boolean covered = false;
      int node = DoubleArray.ROOT;
      for (int end = begin + 1; end <= text.length; end++) {
        node = trie.child(node, text[end - 1]);
        if (node == DoubleArray.NONE) break;
        int id = trie.value(node);
        if (id == DoubleArray.NONE) continue;
        ends.offer(begin, end, id, userDefined[id] ? userDefinedScore(end - begin) : scores[id]);
        covered |= end - begin == length;
      }
      if (!covered) ends.offer(begin, begin + length, unknownId, unknownScore);
    }
    return ends.path();
  }

  private float userDefinedScore(int bytes) { return (float) (bytes * highestScore - USER_DEFINED_PENALTY); }

  /// The best way found so far to each place of a text.
  private static final class Ends {
    private final float[] best;
    private final int[] begins;
    private final int[] ids;

    Ends(int length) {
      best = new float[length + 1];
      begins = new int[length + 1];
      ids = new int[length + 1];
      Arrays.fill(begins, -1);
    }

    void offer(int begin, int end, int id, float score) {
      float total = score + best[begin];
      if (begins[end] >= 0 && !(total > best[end])) return;
      best[end] = total;
      begins[end] = begin;
      ids[end] = id;
    }

    List<Segment> path() {
      List<Segment> path = new ArrayList<>();
      for (int end = begins.length - 1; end > 0; end = begins[end]) path.add(new Segment(ids[end], begins[end], end));
      return path.reversed();
    }
  }
}
