package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// The gradients of one head of keys and of all queries that it serves.
///
/// Scores are computed again, transposed as in [AttentionForward]. For each block of keys, for each head and block of queries:
/// `P = exp(scale · K Qᵀ - lse)`, `D = P · (V dOᵀ - delta)`, then `dV += P dO`, `dK += D Q` and `dQ += Dᵀ K`: all five products read
/// what lies in scratch memory as it is. The factor of the scores is applied to dQ and dK at the end.
///
/// Where words are pairs of bf16, each product wants the neighbours of its own sum in a word: those along the width for `S` and
/// `V dOᵀ`, two queries for dV and dK, two keys for dQ.
final class AttentionGradients implements AutoCloseable {
  /// Keys and queries that are worked on at once.
  private static final int KEYS = 128;
  private static final int QUERIES = 128;

  private final MicroKernels micro;
  private final AttentionWords words;
  private final AttentionSizes sizes;
  private final ScoreExtras extras;
  private final AttentionBackwardKernel.BiasGradient bias;
  private final int batch;
  private final int group;

  private final Scratch scratch = new Scratch();
  private final LinePacker packing;
  private final LinePacker valuePacking;
  private final LinePacker queryPacking;
  private final LinePacker keyPacking;
  private final int panel;
  private final int block;
  private final int panelsPerBlock;
  private final int columns;
  private final int valueColumns;

  // one block of keys
  private final long keys;
  private final long keyRows;
  private final long values;
  private final long keyGradients;
  private final long valueGradients;
  // one block of keys with one of queries, panel by panel: [keys, panel]
  private final long probabilities;
  private final long gradients;
  private final long gradientLines;
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

  AttentionGradients(AttentionWords words, AttentionSizes sizes, ScoreExtras extras, AttentionBackwardKernel.BiasGradient bias,
      int batch, int group) {
    this.words = words;
    this.micro = words.micro();
    this.sizes = sizes;
    this.extras = extras;
    this.bias = bias;
    this.batch = batch;
    this.group = group;
    packing = words.packer(sizes.width(), scratch);
    valuePacking = words.packer(sizes.valueWidth(), scratch);
    queryPacking = words.packer(sizes.queries(), scratch);
    keyPacking = words.packer(sizes.keys(), scratch);
    panel = micro.panelColumns();
    block = Math.clamp(sizes.keys(), 1, KEYS);
    panelsPerBlock = Math.max(1, QUERIES / panel);
    // lines are as long as whole panels, so that results of whole panels fit
    columns = whole(sizes.width());
    valueColumns = whole(sizes.valueWidth());
    long tileKeys = micro.wholeTiles(block);
    keys = scratch.take(tileKeys * columns);
    keyRows = words.arePairs() ? scratch.take(tileKeys * columns) : keys;
    values = scratch.take(tileKeys * valueColumns);
    keyGradients = scratch.take(tileKeys * columns);
    valueGradients = scratch.take(tileKeys * valueColumns);
    probabilities = scratch.take(tileKeys * panel * panelsPerBlock);
    gradients = scratch.take(tileKeys * panel * panelsPerBlock);
    gradientLines = words.arePairs() ? scratch.take(tileKeys * panel * panelsPerBlock) : gradients;
    extra = scratch.take(tileKeys * panel);
    rows = scratch.take((long) block * panel);
    acrossPanels = scratch.take((long) panel * panelsPerBlock);
    downKeys = scratch.take(block);
    long lines = (long) panelsOfAll() * panel;
    queryLines = scratch.take(lines * columns);
    outputLines = scratch.take(lines * valueColumns);
    queryPanels = scratch.take(lines * depth());
    outputPanels = scratch.take(lines * valueDepth());
    queryGradients = scratch.take(lines * columns);
    logSumExp = scratch.take(lines);
    delta = scratch.take(lines);
  }

  /// The words of a line of queries or keys.
  private int depth() { return words.words(sizes.width()); }

  private int valueDepth() { return words.words(sizes.valueWidth()); }

  /// The words of a panel's queries.
  private int across() { return words.words(panel); }

  private int whole(int width) { return (width + panel - 1) / panel * panel; }

  private int panelsPerHead() { return (sizes.queries() + panel - 1) / panel; }

  private int panelsOfAll() { return panelsPerHead() * sizes.headsPerGroup(); }

  private int head(int p) { return group * sizes.headsPerGroup() + p / panelsPerHead(); }

  private int query(int p) { return p % panelsPerHead() * panel; }

  private int count(int p) { return Math.min(panel, sizes.queries() - query(p)); }

  @Override
  public void close() { scratch.close(); }

  void run(List<Tensor> in, List<Tensor> out) {
    for (int i = 0; i < across() * panelsPerBlock; i++) {
      Cells.setInt(acrossPanels + 4L * i, Math.toIntExact(i / across() * panelBytes()) + 4 * (i % across()));
    }
    for (int k = 0; k < block; k++) Cells.setInt(downKeys + 4L * k, 4 * panel * k);
    for (int p = 0; p < panelsOfAll(); p++) load(p, in);
    Cells.clear(queryGradients, 4L * panelsOfAll() * panel * columns);
    for (int key = 0; key < sizes.keys(); key += block) {
      int seen = Math.min(block, sizes.keys() - key);
      Factor k = AttentionSizes.head(in.get(1), batch, group);
      Factor v = AttentionSizes.head(in.get(2), batch, group);
      packing.packLines(k, key, seen, 0, depth(), keys, 4L * columns);
      valuePacking.packLines(v, key, seen, 0, valueDepth(), values, 4L * valueColumns);
      if (words.arePairs()) rows(keyPacking, k, key, seen, sizes.width(), keyRows, columns);
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

  private long rowsOf(long rows, int p, int width) { return rows + 4L * p * across() * width; }

  /// Rows that are a right factor as they lie, two of them in one where words are pairs.
  private void rows(LinePacker packer, Factor rows, int first, int count, int width, long to, int stride) {
    if (words.arePairs()) packer.packRight(rows.across(), 0, width, words.words(first), words.words(count), to, stride);
    else
      packer.packLines(rows, first, count, 0, width, to, 4L * stride);
  }

  /// A panel of queries.
  private void panel(LinePacker packer, Factor queries, int p, int depth, long to) {
    int width = words.width(count(p));
    for (int c = 0; c < depth; c += Packing.DEPTH) {
      packer.packRight(queries, query(p), count(p), c, Math.min(Packing.DEPTH, depth - c), to + 4L * width * c, width);
    }
  }

  private void load(int p, List<Tensor> in) {
    int extraInputs = in.size() - 3;
    Factor q = AttentionSizes.head(in.get(0), batch, head(p));
    Factor d = AttentionSizes.head(in.get(extraInputs + 2), batch, head(p));
    rows(queryPacking, q, query(p), count(p), sizes.width(), rowsOf(queryLines, p, columns), columns);
    rows(queryPacking, d, query(p), count(p), sizes.valueWidth(), rowsOf(outputLines, p, valueColumns), valueColumns);
    panel(packing, q, p, depth(), at(queryPanels, p, depth()));
    panel(valuePacking, d, p, valueDepth(), at(outputPanels, p, valueDepth()));
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
    long rowBytes = 4L * across();
    int depth = words.words(together);
    addProducts(new Packer.Left(probabilities, rowBytes, rowBytes * micro.tileRows(), acrossPanels), rowsOf(outputLines, begin,
        valueColumns), valueGradients, valueColumns, seen, sizes.valueWidth(), depth);
    addProducts(new Packer.Left(gradientLines, rowBytes, rowBytes * micro.tileRows(), acrossPanels), rowsOf(queryLines, begin,
        columns), keyGradients, columns, seen, sizes.width(), depth);
    for (int p = begin; p < stop; p++) {
      Packer.Left left = new Packer.Left(gradients + panelBytes() * (p - begin), 4, 4L * micro.tileRows(), downKeys);
      addProducts(left, keyRows, at(queryGradients, p, columns), columns, count(p), sizes.width(), words.words(seen));
    }
  }

  /// The probabilities and score gradients of one panel of queries, the `slot`-th of its block.
  private void score(int p, int slot, int key, int seen) {
    int width = words.width(count(p));
    int told = words.arePairs() ? width : count(p);
    long packedBytes = 4L * width;
    long bytes = 4L * panel;
    long s = probabilities + panelBytes() * slot;
    long d = gradients + panelBytes() * slot;
    float scale = (float) extras.scores().scale();
    int tileRows = micro.tileRows();
    Deep.multiply(words.tiles(), tileRows, keys, 4L * columns, at(queryPanels, p, depth()), packedBytes, s, bytes, seen, told,
        depth());
    boolean any = extras.any(query(p), key + seen);
    if (any) {
      if (words.arePairs() && count(p) < panel) Cells.clear(extra, bytes * seen);
      extras.write(batch, head(p), query(p), count(p), key, seen, rows, extra, bytes);
      micro.addToScores(s, bytes, extra, seen, width, scale);
      scale = 1;
    }
    Deep.multiply(words.tiles(), tileRows, values, 4L * valueColumns, at(outputPanels, p, valueDepth()), packedBytes, d, bytes,
        seen, told, valueDepth());
    long lse = at(logSumExp, p, 1);
    if (words.arePairs()) {
      long lines = gradientLines + panelBytes() * slot;
      words.pairs().get().scoreGradients(s, d, bytes, seen, scale, lse, at(delta, p, 1), lines);
      return;
    }
    micro.scoreGradients(s, d, bytes, seen, width, scale, lse, at(delta, p, 1));
    if (bias.address() != 0) bias.add(batch, head(p), query(p), count(p), key, seen, d, bytes);
  }

  /// `c += a · b` for rows `b` and `c` of `stride` words.
  private void addProducts(Packer.Left a, long b, long c, int stride, int lines, int width, int depth) {
    for (int j = 0; j < width; j += panel) {
      words.tiles().multiply(a.address(), a.rowBytes(), a.tileBytes(), a.offsets(), b + 4L * j, 4L * stride, c + 4L * j, 4L
          * stride, lines, Math.min(panel, width - j), depth, true);
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
