package dev.raiju.models.verify;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Rope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Rotary positions: the split of a head over the axes, tables, rotation, and tokens behind the end of a smaller clip.
final class RopeChecks {
  private static final int POSITIONS = 1024;

  private RopeChecks() {}

  static void check(GoldenFile golden, Comparison results) throws IOException {
    for (long width : golden.config().integers("head_dims")) head(golden, results, Math.toIntExact(width));
    if (golden.has("ragged.in.x")) ragged(golden, results);
  }

  private static int[] pairs(GoldenFile golden, int width) throws ModelFormatException {
    int[] pairs = new WanConfig(width, 1, width, 1, 1, 1, 1, 2, 1, 1, new WanConfig.Patch(1, 1, 1), 1e-6f, 1).rotaryPairs();
    int[] channels = Arrays.stream(golden.config().integers("split_" + width)).mapToInt(Math::toIntExact).toArray();
    if (!Arrays.equals(channels, Arrays.stream(pairs).map(p -> 2 * p).toArray())) {
      throw golden.config().refuse("split_" + width, "is " + Arrays.toString(channels) + "; ours is twice " + Arrays.toString(
          pairs));
    }
    return pairs;
  }

  private static void head(GoldenFile golden, Comparison results, int width) throws IOException {
    int[] pairs = pairs(golden, width);
    double theta = golden.config().number("theta");
    List<Tensor> cos = new ArrayList<>();
    List<Tensor> sin = new ArrayList<>();
    for (int axis : pairs) {
      List<Tensor> tables = Rope.tables(new long[] {POSITIONS}, new int[] {axis}, theta, DType.F32, golden.device());
      cos.add(tables.get(0));
      sin.add(tables.get(1));
    }
    String name = "d" + width + ".";
    table(golden, results, name + "table_cos_", Tensor.concat(1, cos.toArray(Tensor[]::new)));
    table(golden, results, name + "table_sin_", Tensor.concat(1, sin.toArray(Tensor[]::new)));
    List<Tensor> tables = Rope.tables(golden.config().integers("grid"), pairs, theta, DType.F32, golden.device());
    Tensor y = Rope.rope(golden.tensor(name + "in.x"), tables.get(0), tables.get(1));
    results.check(name + "out.y", y, Comparison.ELEMENTWISE);
  }

  private static void table(GoldenFile golden, Comparison results, String name, Tensor table) throws IOException {
    for (String rows : golden.names(name)) {
      long number = Long.parseLong(rows.substring(name.length()));
      // a matrix holds the first rows, a vector the row of that number
      boolean one = golden.tensor(rows).rank() == 1;
      results.check(rows, one ? table.select(0, number) : table.slice(0, 0, number), Comparison.ELEMENTWISE);
    }
  }

  private static void ragged(GoldenFile golden, Comparison results) throws IOException {
    int width = Math.toIntExact(golden.config().integer("ragged_head_dim"));
    Tensor x = golden.tensor("ragged.in.x");
    long[] grids = golden.tensor("ragged.in.grids").toLongs();
    List<Tensor> cos = new ArrayList<>();
    List<Tensor> sin = new ArrayList<>();
    for (int i = 0; i < x.size(0); i++) {
      long[] grid = Arrays.copyOfRange(grids, 3 * i, 3 * i + 3);
      List<Tensor> tables = Rope.tables(grid, pairs(golden, width), golden.config().number("theta"), DType.F32, golden.device());
      long rest = x.size(1) - tables.getFirst().size(0);
      Tensor still = Tensor.full(Spec.of(DType.F32, rest, width / 2), 1, golden.device());
      cos.add(Tensor.concat(0, tables.get(0), still));
      sin.add(Tensor.concat(0, tables.get(1), still.like(0)));
    }
    results.check("ragged.out.y", Rope.rope(x, Tensor.stack(0, cos), Tensor.stack(0, sin)), Comparison.ELEMENTWISE);
  }
}
