package dev.raiju.tensor.io;

import java.util.Collection;

/// The name that somebody probably meant. Found only when a message is made of it.
///
/// @param name what was written
/// @param known what could have been meant
public record Nearest(String name, Collection<String> known) {
  // a message is not worth comparing with every one of a hundred thousand names
  private static final int COMPARED = 2000;
  private static final int LONGEST = 200;

  /// `; did you mean x?` for the known name that is a few letters away, or nothing if none is.
  @Override
  public String toString() {
    String best = "";
    int least = Math.min(name.length(), LONGEST) / 3 + 2;
    int compared = 0;
    for (String candidate : known) {
      if (compared++ == COMPARED) break;
      int distance = distance(name, candidate, least);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best.isEmpty() ? "" : "; did you mean " + best + "?";
  }

  /// How many letters must be put in, left out or changed to get from `a` to `b`; `limit` if not fewer than that.
  private static int distance(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) >= limit || a.length() > LONGEST || b.length() > LONGEST) return limit;
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) row[j] = j;
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return Math.min(row[b.length()], limit);
  }
}
