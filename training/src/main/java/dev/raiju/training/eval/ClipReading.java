package dev.raiju.training.eval;

import java.util.List;
import java.util.Optional;

/// A clip, read from its pixels.
///
/// @param objects those that most frames show
/// @param flaw what is not steady about it, with the first frame where; empty if nothing
/// @param frames how many
public record ClipReading(List<ObjectReading> objects, Optional<String> flaw, int frames) {
  public ClipReading {
    objects = List.copyOf(objects);
  }
}
