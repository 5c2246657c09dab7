package dev.raiju.training.data;

import java.util.List;

/// One clip to learn from: what it shows and what is said of it. Painting is left to the caller, on any thread.
///
/// @param caption what the text says of the scene
/// @param text the caption in one of its wordings
public record Example(ClipKind kind, Scene scene, Caption caption, String text) {
  /// The pixels; the same every time.
  public Frames paint() { return scene.paint(); }

  /// The words of each object in the text, in the order of the caption, without what joins them.
  public List<String> phrases() { return Grammar.phrases(text); }
}
