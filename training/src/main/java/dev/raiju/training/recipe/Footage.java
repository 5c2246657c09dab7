package dev.raiju.training.recipe;

import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.OwnClips;
import dev.raiju.training.data.Shuffle;
import java.util.function.Supplier;

/// The endless order of what a chain learns from. A position always gives the same.
@FunctionalInterface
interface Footage {
  /// One clip or picture.
  ///
  /// @param kind what batches are made up by; clips of one's own are all of the first kind
  /// @param text what is said of it
  /// @param pixels paints or reads it, on any thread
  record Take(ClipKind kind, String text, Supplier<Frames> pixels) {
    boolean isPicture() { return kind == ClipKind.PICTURE; }

    Frames paint() { return pixels.get(); }
  }

  Take at(long position);

  /// Moving shapes and digits.
  static Footage of(ClipStream stream) {
    return position -> {
      Example example = stream.at(position);
      return new Take(example.kind(), example.text(), example::paint);
    };
  }

  /// Clips of one's own: all of them in every round, in another order each; after each clip a picture, the middle frame of the same.
  static Footage of(OwnClips clips, long seed) {
    Shuffle order = Shuffle.of(clips.all().size(), seed);
    return position -> {
      OwnClips.Captioned one = clips.all().get(order.at(position / 2));
      boolean picture = position % 2 == 1;
      return new Take(picture ? ClipKind.PICTURE : ClipKind.ONE_SHAPE, one.text(), () -> clips.frames(one, picture
          ? 1
          : Frames.CLIP, Frames.SIDE));
    };
  }
}
