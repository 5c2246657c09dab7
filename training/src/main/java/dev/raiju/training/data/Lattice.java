package dev.raiju.training.data;

import java.util.Arrays;
import java.util.Map;

/// All ways to cut one text into pieces: for each piece that occurs somewhere in it, one edge from where it begins to where it
/// ends. Places are counted in characters.
final class Lattice {
  private final int length;
  // edges in the order of their beginnings, three numbers each: begin, end, piece
  private final int[] edges;

  private Lattice(int length, int[] edges) {
    this.length = length;
    this.edges = edges;
  }

  /// @param ids pieces by their text
  /// @param longest characters of the longest piece
  static Lattice of(String text, Map<String, Integer> ids, int longest) {
    int[] offsets = offsets(text);
    int length = offsets.length - 1;
    int[] edges = new int[64];
    int count = 0;
    for (int begin = 0; begin < length; begin++) {
      for (int end = begin + 1; end <= Math.min(length, begin + longest); end++) {
        Integer id = ids.get(text.substring(offsets[begin], offsets[end]));
        if (id == null) continue;
        if (count + 3 > edges.length) edges = Arrays.copyOf(edges, 2 * edges.length);
        edges[count++] = begin;
        edges[count++] = end;
        edges[count++] = id;
      }
    }
    return new Lattice(length, Arrays.copyOf(edges, count));
  }

  /// Where each character of a text begins, and the end.
  static int[] offsets(String text) {
    int[] offsets = new int[text.codePointCount(0, text.length()) + 1];
    for (int i = 1; i < offsets.length; i++) offsets[i] = text.offsetByCodePoints(offsets[i - 1], 1);
    return offsets;
  }

  /// Adds to `expected`, for each piece, `weight` times how often it is expected in this text if every cut has the product of its
  /// pieces' probabilities. Forward and backward sums, Kudo 2018.
  ///
  /// @param scores log probabilities; negative infinity takes a piece out
  /// @return the logarithm of the sum over all cuts; negative infinity if there is none
  double expect(double[] scores, double weight, double[] expected) {
    double[] before = new double[length + 1];
    double[] after = new double[length + 1];
    Arrays.fill(before, 1, length + 1, Double.NEGATIVE_INFINITY);
    Arrays.fill(after, 0, length, Double.NEGATIVE_INFINITY);
    for (int e = 0; e < edges.length; e += 3) {
      before[edges[e + 1]] = logSum(before[edges[e + 1]], before[edges[e]] + scores[edges[e + 2]]);
    }
    for (int e = edges.length - 3; e >= 0; e -= 3) {
      after[edges[e]] = logSum(after[edges[e]], after[edges[e + 1]] + scores[edges[e + 2]]);
    }
    double all = before[length];
    if (all == Double.NEGATIVE_INFINITY) return all;
    for (int e = 0; e < edges.length; e += 3) {
      double share = before[edges[e]] + scores[edges[e + 2]] + after[edges[e + 1]] - all;
      expected[edges[e + 2]] += weight * StrictMath.exp(share);
    }
    return all;
  }

  /// The pieces of the most probable cut; none if there is no cut.
  ///
  /// @param without a piece to do without, or -1
  int[] best(double[] scores, int without) {
    double[] best = new double[length + 1];
    int[] last = new int[length + 1];
    Arrays.fill(best, 1, length + 1, Double.NEGATIVE_INFINITY);
    for (int e = 0; e < edges.length; e += 3) {
      double score = best[edges[e]] + scores[edges[e + 2]];
      if (edges[e + 2] == without || !(score > best[edges[e + 1]])) continue;
      best[edges[e + 1]] = score;
      last[edges[e + 1]] = e;
    }
    if (best[length] == Double.NEGATIVE_INFINITY) return new int[0];
    int[] path = new int[length];
    int count = 0;
    for (int end = length; end > 0; end = edges[last[end]]) path[length - ++count] = edges[last[end] + 2];
    return Arrays.copyOfRange(path, length - count, length);
  }

  /// `log(exp a + exp b)`. By [StrictMath], so that a vocabulary comes out the same on every machine.
  private static double logSum(double a, double b) {
    if (a < b) return logSum(b, a);
    return b == Double.NEGATIVE_INFINITY ? a : a + StrictMath.log1p(StrictMath.exp(b - a));
  }
}
