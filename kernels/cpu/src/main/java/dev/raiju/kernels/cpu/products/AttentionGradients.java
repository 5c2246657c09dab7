package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Scores;
import java.util.List;

/// The gradients of one head of keys and of all queries that it serves.
///
/// Scores are computed again, transposed as in [AttentionForward]. For each block of keys, for each head and block of queries:
/// `P = exp(scale · K Qᵀ - lse)`, `D = P · (V dOᵀ - delta)`, then `dV += P dO`, `dK += D Q` and `dQ += Dᵀ K`: all five products read
/// what lies in scratch memory as it is. The factor of the scores is applied to dQ and dK at the end.
final class AttentionGradients implements AutoCloseable {
  /// Keys and queries that are worked on at once.
  private static final int KEYS = 128;
  private static final int QUERIES = 128;

  private final MicroKernels micro;
  private final AttentionSizes sizes;
  private final ScoreExtras extras;
  private final AttentionBackwardKernel.BiasGradient bias;
  private final int batch;
  private final int group;

  private final Scratch scratch = new Scratch();
  private final Packing packing;
  private final int panel;
  private final int block;
  private final int panelsPerBlock;
  private final int columns;
  private final int valueColumns;

  // one block of keys
  private final long keys;
  private final long values;
  private final long keyGradients;
  private final long valueGradients;
  // one block of keys with one of queries, panel by panel: [keys, panel]
  private final long probabilities;
  private final long gradients;
  private final long extra;
  private final long rows;
  private final long acrossPanels;
  private final long downKeys;
  // all queries of all heads: lines, and panels [width, panel]
  private final long queryLines;
  private final long outputLines;
  private final long queryPanels;
  private final long outputPanels;
  private final long queryGradients;
  private final long logSumExp;
  private final long delta;

  AttentionGradients(MicroKernels micro, AttentionSizes sizes, ScoreExtras extras, AttentionBackwardKernel.BiasGradient bias,
      int batch,
      int group) {
    this.micro = micro;
    this.sizes = sizes;
    this.extras = extras;
    this.bias = bias;
    this.batch = batch;
    this.group = group;
    packing = new Packing(micro, scratch);
    panel = micro.panelColumns();
    block = Math.clamp(sizes.keys(), 1, KEYS);
    panelsPerBlock = Math.max(1, QUERIES / panel);
    // lines are as long as whole panels, so that results of whole panels fit
    columns = whole(sizes.width());
    valueColumns = whole(sizes.valueWidth());
    long tileKeys = micro.wholeTiles(block);
    keys = scratch.take(tileKeys * columns);
    values = scratch.take(tileKeys * valueColumns);
    keyGradients = scratch.take(tileKeys * columns);
    valueGradients = scratch.take(tileKeys * valueColumns);
    probabilities = scratch.take(tileKeys * panel * panelsPerBlock);
    gradients = scratch.take(tileKeys * panel * panelsPerBlock);
    extra = scratch.take(tileKeys * panel);
    rows = scratch.take((long) block * panel);
    acrossPanels = scratch.take((long) panel * panelsPerBlock);
    downKeys = scratch.take(block);
    long lines = (long) panelsOfAll() * panel;
    queryLines = scratch.take(lines * columns);
    outputLines = scratch.take(lines * valueColumns);
    queryPanels = scratch.take(lines * sizes.width());
    outputPanels = scratch.take(lines * sizes.valueWidth());
    queryGradients = scratch.take(lines * columns);
    logSumExp = scratch.take(lines);
    delta = scratch.take(lines);
  }

  private int whole(int width) { return (width + panel - 1) / panel * panel; }

  private int panelsPerHead() { return (sizes.queries() + panel - 1) / panel; }

  private int panelsOfAll() { return panelsPerHead() * sizes.headsPerGroup(); }

  private int head(int p) { return group * sizes.headsPerGroup() + p / panelsPerHead(); }

  private int query(int p) { return p % panelsPerHead() * panel; }

  private int count(int p) { return Math.min(panel, sizes.queries() - query(p)); }

  @Override
  public void close() { scratch.close(); }

  void run(List<Tensor> in, List<Tensor> out) {
    for (int i = 0; i < panel * panelsPerBlock; i++) {
      Cells.setInt(acrossPanels + 4L * i, Math.toIntExact(i / panel * panelBytes()) + 4 * (i % panel));
    }
    for (int k = 0; k < block; k++) Cells.setInt(downKeys + 4L * k, 4 * panel * k);
    for (int p = 0; p < panelsOfAll(); p++) load(p, in);
    Cells.clear(queryGradients, 4L * panelsOfAll() * panel * columns);
    for (int key = 0; key < sizes.keys(); key += block) {
      int seen = Math.min(block, sizes.keys() - key);
      packing.copyLines(AttentionSizes.head(in.get(1), batch, group), key, seen, 0, sizes.width(), keys, 4L * columns);
      packing.copyLines(AttentionSizes.head(in.get(2), batch, group), key, seen, 0, sizes.valueWidth(), values, 4L
          * valueColumns);
      Cells.clear(keyGradients, 4L * micro.wholeTiles(seen) * columns);
      Cells.clear(valueGradients, 4L * micro.wholeTiles(seen) * valueColumns);
      for (int head = 0; head < sizes.headsPerGroup(); head++) {
        for (int p = 0; p < panelsPerHead(); p += panelsPerBlock) {
          int first = head * panelsPerHead() + p;
          meet(first, Math.min(first + panelsPerBlock, (head + 1) * panelsPerHead()), key, seen);
        }
      }
      storeKeys(out, key, seen);
    }
    for (int p = 0; p < panelsOfAll(); p++) storeQueries(p, out.getFirst());
  }

  private long panelBytes() { return 4L * panel * micro.wholeTiles(block); }

  // ---- queries and what belongs to them

  private long at(long lines, int p, int width) { return lines + 4L * p * panel * width; }

  private void load(int p, List<Tensor> in) {
    int extraInputs = in.size() - 3;
    int width = micro.width(count(p));
    Factor q = AttentionSizes.head(in.get(0), batch, head(p));
    Factor d = AttentionSizes.head(in.get(extraInputs + 2), batch, head(p));
    packing.copyLines(q, query(p), count(p), 0, sizes.width(), at(queryLines, p, columns), 4L * columns);
    packing.copyLines(d, query(p), count(p), 0, sizes.valueWidth(), at(outputLines, p, valueColumns), 4L * valueColumns);
    packing.packRight(q, query(p), count(p), 0, sizes.width(), at(queryPanels, p, sizes.width()), width);
    packing.packRight(d, query(p), count(p), 0, sizes.valueWidth(), at(outputPanels, p, sizes.valueWidth()), width);
    long row = ((long) batch * sizes.heads() + head(p)) * sizes.queries() + query(p);
    loadRow(in.get(extraInputs).address() + 4 * row, at(logSumExp, p, 1), count(p));
    hideUnseeing(at(logSumExp, p, 1));
    loadRow(in.get(extraInputs + 1).address() + 4 * row, at(delta, p, 1), count(p));
  }

  private void loadRow(long from, long to, int count) {
    Cells.clear(to, 4L * panel);
    Cells.copy(from, to, 4L * count);
  }

  /// Makes the log-sum-exp of a query that sees nothing ∞ in place of -∞, so that the exponential of any finite score is 0.
  private void hideUnseeing(long totals) {
    for (int i = 0; i < panel; i++) {
      if (Cells.getFloat(totals + 4L * i) == Float.NEGATIVE_INFINITY) Cells.setFloat(totals + 4L * i, Float.POSITIVE_INFINITY);
    }
  }

  // ---- keys meet queries

  /// Panels `first` to `end` of one head with `seen` keys from `key` on.
  private void meet(int first, int end, int key, int seen) {
    int stop = first;
    int begin = first;
    // queries see the more the later they are
    while (begin < end && key >= extras.end(query(begin) + count(begin) - 1L)) begin++;
    for (stop = begin; stop < end; stop++) score(stop, stop - begin, key, seen);
    if (begin == stop) return;
    int together = query(stop - 1) + count(stop - 1) - query(begin);
    long rowBytes = 4L * panel;
    addProducts(probabilities, rowBytes, rowBytes * micro.tileRows(), acrossPanels, at(outputLines, begin, valueColumns),
        valueGradients,
        valueColumns, seen, sizes.valueWidth(), together);
    addProducts(gradients, rowBytes, rowBytes * micro.tileRows(), acrossPanels, at(queryLines, begin, columns), keyGradients,
        columns,
        seen, sizes.width(), together);
    for (int p = begin; p < stop; p++) {
      addProducts(gradients + panelBytes() * (p - begin), 4, 4L * micro.tileRows(), downKeys, keys, at(queryGradients, p,
          columns),
          columns, count(p), sizes.width(), seen);
    }
  }

  /// The probabilities and score gradients of one panel of queries, the `slot`-th of its block.
  private void score(int p, int slot, int key, int seen) {
    int width = micro.width(count(p));
    long packedBytes = 4L * width;
    long bytes = 4L * panel;
    long s = probabilities + panelBytes() * slot;
    long d = gradients + panelBytes() * slot;
    Scores scores = extras.scores();
    Deep.multiply(micro, keys, 4L * columns, at(queryPanels, p, sizes.width()), packedBytes, s, bytes, seen, count(p), sizes
        .width());
    boolean any = extras.any(query(p), key + seen);
    if (any) {
      extras.write(batch, head(p), query(p), count(p), key, seen, rows, extra, bytes);
      micro.addToScores(s, bytes, extra, seen, width, (float) scores.scale());
    }
    Deep.multiply(micro, values, 4L * valueColumns, at(outputPanels, p, sizes.valueWidth()), packedBytes, d, bytes, seen, count(
        p), sizes.valueWidth());
    micro.scoreGradients(s, d, bytes, seen, width, any ? 1 : (float) scores.scale(), at(logSumExp, p, 1), at(delta, p, 1));
    if (bias.address() != 0) bias.add(batch, head(p), query(p), count(p), key, seen, d, bytes);
  }

  /// `c += a · b` for lines `b` and `c` of `stride` floats.
  private void addProducts(long a, long rowBytes, long tileBytes, long offsets, long b, long c, int stride, int lines, int width,
      int depth) {
    for (int j = 0; j < width; j += panel) {
      micro.multiply(a, rowBytes, tileBytes, offsets, b + 4L * j, 4L * stride, c + 4L * j, 4L * stride, lines, Math.min(panel,
          width
              - j), depth, true);
    }
  }

  // ---- results

  private void storeKeys(List<Tensor> out, int key, int seen) {
    long line = ((long) batch * sizes.keys() + key) * sizes.groups() + group;
    store(keyGradients, columns, sizes.width(), seen, (float) extras.scores().scale(), out.get(1), line, sizes.groups());
    store(valueGradients, valueColumns, sizes.valueWidth(), seen, 1, out.get(2), line, sizes.groups());
  }

  private void storeQueries(int p, Tensor out) {
    long line = ((long) batch * sizes.queries() + query(p)) * sizes.heads() + head(p);
    store(at(queryGradients, p, columns), columns, sizes.width(), count(p), (float) extras.scores().scale(), out, line, sizes
        .heads());
  }

  private void store(long from, int stride, int width, int lines, float factor, Tensor to, long line, int heads) {
    long address = to.address() + to.dtype().unitBytes() * line * width;
    Results.scaled(micro, from, 4L * stride, lines, width, factor, to.dtype(), address, (long) heads * width);
  }
}
