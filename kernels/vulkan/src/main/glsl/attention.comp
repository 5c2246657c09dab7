// Attention forward with an online softmax, never more than a tile of scores (Dao et al. 2022, arXiv:2205.14135): arithmetic in
// f32, for every float type, head widths up to 128.
//
// A block has 128 threads and 16 queries, 8 threads for each; 16 keys and values at a time are in shared memory. A thread scores two
// keys for its query, and owns the columns j, j + 8, … of its output; what a query has seen so far each of its threads knows.
#include "device.glsl"

const int QUERIES = 16, KEYS = 16, WIDEST = 128, SHARE = 8;

layout(buffer_reference, scalar) readonly buffer AttentionArgs {
  u64 q, k, v, bias, mask, to;
  // [B, h, Nq], or none
  u64 log_sum_exp;
  i64 queries, keys;
  // strides of B, N, h; the width's is 1
  i64 q_strides[3], k_strides[3], v_strides[3];
  // strides of B, h, Nq, Nk
  i64 bias_strides[4], mask_strides[4];
  i64 causal_block, query_offset;
  int heads, group, width, value_width;
  float scale;
  int unused;
};

shared float queries[QUERIES][WIDEST];
// one more, so that the keys of neighbouring threads lie in different banks
shared float keys[KEYS][WIDEST + 1];
shared float values[KEYS][WIDEST];
shared float scores[QUERIES][KEYS];
shared float shares[QUERIES][KEYS];

void main() {
  AttentionArgs args = AttentionArgs(launch.arguments);
  int t = int(thread()), r = t / SHARE, j = t % SHARE;
  i64 query0 = i64(block_x()) * QUERIES, query = query0 + r;
  i64 batch = i64(gl_WorkGroupID.y) / args.heads, head = i64(gl_WorkGroupID.y) % args.heads;
  i64 q = batch * args.q_strides[0] + head * args.q_strides[2];
  i64 k = batch * args.k_strides[0] + head / args.group * args.k_strides[2];
  i64 v = batch * args.v_strides[0] + head / args.group * args.v_strides[2];
  int width = args.width, value_width = args.value_width;
  for (int n = t; n < QUERIES * width; n += int(threads())) {
    int row = n / width, c = n % width;
    queries[row][c] = query0 + row < args.queries ? load(args.q, q + (query0 + row) * args.q_strides[1] + c) * args.scale : 0.0;
  }
  float most = -INFINITE, sum = 0.0, columns[WIDEST / SHARE];
  for (int c = 0; c < WIDEST / SHARE; c++) columns[c] = 0.0;
  // keys that no query of this block sees are not looked at
  i64 end = args.keys;
  if (args.causal_block != 0l) {
    i64 last = min(query0 + QUERIES, args.queries) - 1l;
    end = min(end, ((last + args.query_offset) / args.causal_block + 1l) * args.causal_block);
  }
  for (i64 key0 = 0l; key0 < end; key0 += KEYS) {
    // the keys before are not needed any more; the first time, the queries are not either, but all wait below
    barrier();
    for (int n = t; n < KEYS * width; n += int(threads())) {
      int row = n / width, c = n % width;
      keys[row][c] = key0 + row < args.keys ? load(args.k, k + (key0 + row) * args.k_strides[1] + c) : 0.0;
    }
    for (int n = t; n < KEYS * value_width; n += int(threads())) {
      int row = n / value_width, c = n % value_width;
      values[row][c] = key0 + row < args.keys ? load(args.v, v + (key0 + row) * args.v_strides[1] + c) : 0.0;
    }
    barrier();
    for (int i = j; i < KEYS; i += SHARE) {
      i64 key = key0 + i;
      bool seen = key < args.keys && query < args.queries;
      float s = 0.0;
      for (int c = 0; c < width; c++) s += queries[r][c] * keys[i][c];
      if (seen && args.bias != 0ul)
        s += load(args.bias, batch * args.bias_strides[0] + head * args.bias_strides[1] + query * args.bias_strides[2] + key * args.bias_strides[3]);
      if (seen && args.mask != 0ul)
        seen = byte_at(args.mask, batch * args.mask_strides[0] + head * args.mask_strides[1] + query * args.mask_strides[2] + key * args.mask_strides[3]) != 0u;
      if (args.causal_block != 0l) seen = seen && key / args.causal_block <= (query + args.query_offset) / args.causal_block;
      scores[r][i] = seen ? s : -INFINITE;
    }
    barrier();
    float now = most;
    for (int i = 0; i < KEYS; i++) now = larger(now, scores[r][i]);
    // while a query has seen no key, nothing is to be scaled or added
    float shift = now == -INFINITE ? 0.0 : now;
    for (int i = j; i < KEYS; i += SHARE) shares[r][i] = exponential(scores[r][i] - shift);
    float past = exponential(most - shift);
    most = now;
    barrier();
    sum *= past;
    for (int i = 0; i < KEYS; i++) sum += shares[r][i];
    for (int c = 0; c < WIDEST / SHARE; c++) {
      int at = c * SHARE + j;
      if (at >= value_width) break;
      float column = columns[c] * past;
      for (int i = 0; i < KEYS; i++) column += shares[r][i] * values[i][at];
      columns[c] = column;
    }
  }
  if (query >= args.queries) return;
  float inverse = sum == 0.0 ? 0.0 : 1.0 / sum;
  i64 to = ((batch * args.queries + query) * args.heads + head) * value_width;
  for (int c = 0; c < WIDEST / SHARE; c++) {
    int at = c * SHARE + j;
    if (at < value_width) store(args.to, to + at, columns[c] * inverse);
  }
  if (args.log_sum_exp != 0ul && j == 0)
    set_float(args.log_sum_exp, (batch * args.heads + head) * args.queries + query, sum == 0.0 ? -INFINITE : most + logarithm(sum));
}
