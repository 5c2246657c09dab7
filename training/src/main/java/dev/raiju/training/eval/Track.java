package dev.raiju.training.eval;

import dev.raiju.training.data.Frames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// One object through a clip: a patch for each frame that shows as many objects as most frames do.
record Track(List<Blob> blobs) {
  /// Another hue weighs like so many pixels of way, in finding the same object again.
  private static final double HUE = 20;
  /// Of more objects, it is not found out which is which: no prompt asks for them.
  static final int MOST = 4;

  /// All objects of a clip.
  ///
  /// @param tracks one for each object that most frames show
  /// @param flaw the first frame that shows more or fewer, or that there are none
  record All(List<Track> tracks, Optional<String> flaw) {}

  static All follow(Frames frames) {
    Background background = Background.of(frames);
    List<List<Blob>> found = IntStream.range(0, frames.count()).mapToObj(t -> Blobs.find(frames, t, background)).toList();
    int usual = usual(found);
    Optional<String> flaw = usual == 0
        ? Optional.of("nothing is there")
        : IntStream.range(0, found.size()).filter(t -> found.get(t).size() != usual).boxed().findFirst()
            .map(t -> "frame " + t + " shows " + found.get(t).size() + " objects, others " + usual);
    List<List<Blob>> tracks = new ArrayList<>();
    for (List<Blob> blobs : found) {
      if (blobs.size() != usual) continue;
      if (tracks.isEmpty()) {
        for (Blob blob : blobs) tracks.add(new ArrayList<>(List.of(blob)));
      } else {
        List<Blob> last = tracks.stream().map(List::getLast).toList();
        int[] order = usual <= MOST ? nearest(last, blobs) : IntStream.range(0, usual).toArray();
        for (int i = 0; i < usual; i++) tracks.get(i).add(blobs.get(order[i]));
      }
    }
    return new All(tracks.stream().map(Track::new).toList(), flaw);
  }

  /// How many objects most frames show; of several such numbers the least.
  private static int usual(List<List<Blob>> found) {
    int[] votes = new int[found.stream().mapToInt(List::size).max().orElse(0) + 1];
    for (List<Blob> blobs : found) votes[blobs.size()]++;
    int usual = 0;
    for (int i = 0; i < votes.length; i++) if (votes[i] > votes[usual]) usual = i;
    return usual;
  }

  /// For each patch of the last frame the one that goes on from it, so that the ways are shortest together.
  private static int[] nearest(List<Blob> last, List<Blob> next) {
    return Assignment.best(last.size(), next.size(), (i, j) -> {
      Blob from = last.get(i);
      Blob to = next.get(j);
      return -Math.hypot(to.x() - from.x(), to.y() - from.y()) - (from.hue() == to.hue() ? 0 : HUE);
    });
  }

  double[] x() { return blobs.stream().mapToDouble(Blob::x).toArray(); }

  double[] y() { return blobs.stream().mapToDouble(Blob::y).toArray(); }
}
