package dev.raiju.export.compiler;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Dequantize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/// Weights of a transformer that are for the same thing and of the same type, beside those of the model that was exported.
///
/// @param use what they are for
/// @param dtype how they are stored
/// @param tensors how many there are
/// @param bytes of all together
/// @param error of all together, root mean square relative to theirs; none where the model has no values
public record WeightGroup(Use use, DType dtype, int tensors, long bytes, OptionalDouble error) {
  /// What weights are for.
  public enum Use {
    /// Projections of self- and cross-attention.
    ATTENTION("attention"),
    /// Both matrices of the feed-forward networks.
    FEED_FORWARD("feed-forward"),
    /// From patches, text and time to what the blocks take, and from that to patches.
    ENDS("embeddings and head"),
    /// All that is no matrix.
    VECTORS("norms, biases, modulation");

    private final String label;

    Use(String label) { this.label = label; }

    /// In words.
    public String label() { return label; }

    static Use of(String name, Tensor weight) {
      if (weight.rank() < 2 || name.endsWith("modulation")) return VECTORS;
      if (!name.startsWith("blocks.")) return ENDS;
      return name.contains("feedForward") ? FEED_FORWARD : ATTENTION;
    }
  }

  private record Key(Use use, DType dtype) {}

  /// A sum of squares and that of what is wrong.
  private record Squares(double wrong, double all) {
    static final Squares NONE = new Squares(0, 0);

    static Squares of(Tensor wanted, Tensor found) {
      try (Scope _ = Scope.open()) {
        double[] right = values(wanted);
        double[] near = values(found);
        double wrong = 0;
        double all = 0;
        for (int i = 0; i < right.length; i++) {
          wrong += (near[i] - right[i]) * (near[i] - right[i]);
          all += right[i] * right[i];
        }
        return new Squares(wrong, all);
      }
    }

    private static double[] values(Tensor t) {
      return (t.dtype().isBlock() ? Dequantize.dequantize(t, DType.F32) : t).toDoubles();
    }

    Squares plus(Squares other) { return new Squares(wrong + other.wrong, all + other.all); }

    double relative() { return all == 0 ? 0 : Math.sqrt(wrong / all); }
  }

  /// Sorts weights into groups.
  ///
  /// @param wanted as the model has them
  /// @param stored the same names
  static List<WeightGroup> of(SequencedMap<String, Tensor> wanted, Map<String, Tensor> stored) {
    SequencedMap<Key, List<String>> names = new LinkedHashMap<>();
    stored.forEach((name, t) -> names.computeIfAbsent(new Key(Use.of(name, t), t.dtype()), _ -> new ArrayList<>()).add(name));
    List<WeightGroup> groups = new ArrayList<>();
    names.forEach((key, members) -> {
      long bytes = 0;
      boolean measured = true;
      Squares squares = Squares.NONE;
      for (String name : members) {
        Tensor found = Objects.requireNonNull(stored.get(name));
        bytes += found.spec().bytes();
        measured &= found.device().backend().hasValues();
        if (measured) squares = squares.plus(Squares.of(Objects.requireNonNull(wanted.get(name)), found));
      }
      groups.add(new WeightGroup(key.use(), key.dtype(), members.size(), bytes, measured
          ? OptionalDouble.of(squares.relative())
          : OptionalDouble.empty()));
    });
    groups.sort((a, b) -> a.use() != b.use() ? a.use().compareTo(b.use()) : Long.compare(b.bytes(), a.bytes()));
    return groups;
  }
}
