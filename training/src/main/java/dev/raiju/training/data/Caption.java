package dev.raiju.training.data;

import java.util.List;
import java.util.Optional;

/// What a prompt says of a clip, free of how it is worded. Text and attributes go both ways: [#text()] and [#parse(String)].
///
/// @param objects in the order of the prompt
/// @param relation where the first object is, seen from the second
public record Caption(List<Phrase> objects, Optional<Relation> relation) {
  public Caption {
    objects = List.copyOf(objects);
    if (relation.isPresent() && objects.size() != 2) {
      throw new IllegalArgumentException("caption: a relation between " + objects.size() + " objects: needs two");
    }
  }

  /// No relation.
  public static Caption of(Phrase... objects) { return new Caption(List.of(objects), Optional.empty()); }

  /// The usual wording: `a large red circle moves right and a blue star stays still`.
  public String text() { return Grammar.write(this, options -> 0); }

  /// What a prompt says, and what in it contradicts itself or was never trained.
  public static CaptionReading parse(String prompt) { return CaptionParser.parse(prompt); }
}
