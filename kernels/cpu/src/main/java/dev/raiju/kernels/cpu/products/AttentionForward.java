package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// Attention of some queries to one head of keys, for all heads of queries that it serves.
///
/// Scores are computed transposed, a column for each query, `[keys, queries]`: what the softmax needs of a query then stays in one
/// lane, and the exponentials are the right factor of the second product as they lie. For each block of keys, for each panel
/// of queries: `S = K · Qᵀ`, then `m`, `l` and `P` as in Dao et al. 2022, arXiv:2205.14135, then `O = O · factor + Vᵀ · P`.
final class AttentionForward {
  /// Keys that are scored at once.
  private static final int KEYS = 256;

  private final MicroKernels micro;
  private final AttentionWords words;
  private final AttentionSizes sizes;
  private final ScoreExtras extras;
  private final int batch;
  private final int group;
  private final int first;
  private final int end;

  private final LinePacker packing;
  private final LinePacker valuePacking;
  private final int block;
  private final int panel;
  private final int panelsPerHead;
  private final int panels;

  // one block of keys
  private final long keys;
  private final long values;
  private final long scores;
  private final long extra;
  private final long rows;
  private final long factor;
  private final long logSumExp;
  // one for each panel
  private final long queries;
  private final long outputs;
  private final long max;
  private final long sum;

  /// @param end the first query that is not computed
  /// @param pieces what it works in
  AttentionForward(AttentionWords words, AttentionSizes sizes, ScoreExtras extras, int batch, int group, int first, int end,
      Pieces pieces) {
    this.words = words;
    this.micro = words.micro();
    this.sizes = sizes;
    this.extras = extras;
    this.batch = batch;
    this.group = group;
    this.first = first;
    this.end = end;
    packing = words.packer(sizes.width(), pieces);
    valuePacking = words.packer(sizes.keys(), pieces);
    block = Math.clamp(sizes.keys(), 1, KEYS);
    panel = micro.panelColumns();
    panelsPerHead = (end - first + panel - 1) / panel;
    panels = panelsPerHead * sizes.headsPerGroup();
    // a whole tile of lines is read at the end of the keys
    long lines = micro.wholeTiles(block);
    keys = pieces.take(lines * words.words(sizes.width()));
    values = pieces.take(Math.max(Packing.leftFloats(micro, sizes.valueWidth()), (long) micro.wholeTiles(sizes.valueWidth())
        * block));
    scores = pieces.take(lines * panel);
    extra = pieces.take(lines * panel);
    rows = pieces.take((long) Math.max(block, sizes.valueWidth()) * panel);
    factor = pieces.take(panel);
    logSumExp = pieces.take(panel);
    queries = pieces.take((long) panels * panel * words.words(sizes.width()));
    outputs = pieces.take(panels * outputFloats());
    max = pieces.take((long) panels * panel);
    sum = pieces.take((long) panels * panel);
  }

  private long outputFloats() { return (long) micro.wholeTiles(sizes.valueWidth()) * panel; }

  void run(List<Tensor> in, List<Tensor> out) {
    for (int p = 0; p < panels; p++) begin(p, AttentionSizes.head(in.get(0), batch, head(p)));
    Factor k = AttentionSizes.head(in.get(1), batch, group);
    Factor v = AttentionSizes.head(in.get(2), batch, group).across();
    int width = words.words(sizes.width());
    for (int key = 0; key < Math.min(sizes.keys(), extras.end(end - 1L)); key += block) {
      int count = Math.min(block, sizes.keys() - key);
      packing.packLines(k, key, count, 0, width, keys, 4L * width);
      Packer.Left left = valuePacking.packLeft(v, 0, sizes.valueWidth(), words.words(key), words.words(count), values);
      for (int p = 0; p < panels; p++) attend(p, left, key, count);
    }
    for (int p = 0; p < panels; p++) finish(p, out);
  }

  private int head(int p) { return group * sizes.headsPerGroup() + p / panelsPerHead; }

  private int query(int p) { return first + p % panelsPerHead * panel; }

  private int count(int p) { return Math.min(panel, end - query(p)); }

  private long output(int p) { return outputs + 4 * p * outputFloats(); }

  private long row(long rowsOfPanels, int p) { return rowsOfPanels + 4L * p * panel; }

  private long queries(int p) { return queries + 4L * p * panel * words.words(sizes.width()); }

  /// Packs a panel of queries and starts its softmax.
  private void begin(int p, Factor q) {
    int width = micro.width(count(p));
    for (int c = 0; c < words.words(sizes.width()); c += Packing.DEPTH) {
      int depth = Math.min(Packing.DEPTH, words.words(sizes.width()) - c);
      packing.packRight(q, query(p), count(p), c, depth, queries(p) + 4L * width * c, width);
    }
    Cells.clear(output(p), 4 * outputFloats());
    Cells.clear(row(sum, p), 4L * panel);
    for (int j = 0; j < panel; j++) Cells.setFloat(row(max, p) + 4L * j, Float.NEGATIVE_INFINITY);
  }

  /// Lets a panel of queries see `seen` keys from `key` on.
  private void attend(int p, Packer.Left left, int key, int seen) {
    if (key >= extras.end(query(p) + count(p) - 1L)) return;
    int width = micro.width(count(p));
    long bytes = 4L * width;
    int depth = words.words(sizes.width());
    Deep.multiply(words.tiles(), micro.tileRows(), keys, 4L * depth, queries(p), bytes, scores, bytes, seen, count(p), depth);
    float scale = (float) extras.scores().scale();
    boolean any = extras.any(query(p), key + seen);
    if (any) {
      extras.write(batch, head(p), query(p), count(p), key, seen, rows, extra, bytes);
      micro.addToScores(scores, bytes, extra, seen, width, scale);
    }
    words.softmax(scores, bytes, seen, width, any ? 1 : scale, row(max, p), row(sum, p), factor);
    if (key > 0) micro.scaleColumns(output(p), bytes, sizes.valueWidth(), width, factor);
    words.tiles().multiply(left.address(), left.rowBytes(), left.tileBytes(), left.offsets(), scores, bytes, output(p), bytes,
        sizes
            .valueWidth(), count(p), words.words(seen), true);
  }

  /// Divides by the sums and brings the outputs of a panel to their places.
  private void finish(int p, List<Tensor> out) {
    int width = micro.width(count(p));
    long bytes = 4L * width;
    micro.finishSums(row(max, p), row(sum, p), factor, logSumExp, width);
    micro.scaleColumns(output(p), bytes, sizes.valueWidth(), width, factor);
    Tensor o = out.getFirst();
    long step = (long) sizes.heads() * sizes.valueWidth();
    long place = (((long) batch * sizes.queries() + query(p)) * sizes.heads() + head(p)) * sizes.valueWidth();
    long to = o.address() + o.dtype().unitBytes() * place;
    Results.transposed(micro, output(p), bytes, sizes.valueWidth(), count(p), rows, o.dtype(), to, step);
    if (out.size() > 1) {
      long lse = out.get(1).address() + 4 * (((long) batch * sizes.heads() + head(p)) * sizes.queries() + query(p));
      Cells.copy(logSumExp, lse, 4L * count(p));
    }
  }
}
