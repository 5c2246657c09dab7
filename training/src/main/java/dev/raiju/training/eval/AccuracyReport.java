package dev.raiju.training.eval;

import dev.raiju.training.data.ClipKind;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/// How often clips are as their prompts want them: for each kind of prompt each attribute, and all of them together. Not for
/// use by several threads at once.
public final class AccuracyReport {
  /// Of one kind of prompt.
  private static final class Part {
    Proportion all = Proportion.none();
    final Map<Attribute, Proportion> attributes = new EnumMap<>(Attribute.class);
  }

  private final Map<ClipKind, Part> parts = new EnumMap<>(ClipKind.class);

  private AccuracyReport() {}

  /// With nothing counted.
  public static AccuracyReport empty() { return new AccuracyReport(); }

  /// Counts one clip.
  public void add(ClipKind kind, Judgement judgement) {
    Part part = parts.computeIfAbsent(kind, _ -> new Part());
    part.all = part.all.plus(judgement.right());
    for (Verdict verdict : judgement.verdicts()) {
      part.attributes.merge(verdict.attribute(), Proportion.none().plus(verdict.right()), Proportion::plus);
    }
  }

  /// Clips of a kind with everything right.
  public Proportion all(ClipKind kind) {
    Part part = parts.get(kind);
    return part == null ? Proportion.none() : part.all;
  }

  /// Clips of a kind with an attribute right, of those whose prompt speaks of it.
  public Proportion of(ClipKind kind, Attribute attribute) {
    Part part = parts.get(kind);
    return part == null ? Proportion.none() : part.attributes.getOrDefault(attribute, Proportion.none());
  }

  /// Clips of every kind with everything right.
  public Proportion all() {
    Proportion all = Proportion.none();
    for (Part part : parts.values()) all = all.plus(part.all);
    return all;
  }

  /// A table, a line for each kind and attribute.
  @Override
  public String toString() {
    StringBuilder table = new StringBuilder();
    parts.forEach((kind, part) -> {
      line(table, kind.words(), "all", part.all);
      part.attributes.forEach((attribute, proportion) -> line(table, "", attribute.word(), proportion));
    });
    line(table, "every kind", "all", all());
    return table.toString();
  }

  private static void line(StringBuilder table, String kind, String what, Proportion proportion) {
    table.append(String.format(Locale.ROOT, "%-12s %-12s %s%n", kind, what, proportion));
  }
}
