// The gradients of attention's queries, keys and values, without a bias: arithmetic in f32, for every float type, head widths up to
// 128. Scores are computed again from the log-sum-exp; every sum has one owner and one order, so that runs agree bit for bit.
//
// With s = scale · q kᵀ, p = exp(s - lse) and ds = p · (dOut vᵀ - delta): dq = scale · ds k, dk = scale · dsᵀ q, dv = pᵀ dOut.
// A block owns 8 rows, queries in one kernel and keys in the other, 16 threads for each, and walks over the other side 16 at a time.
// A thread computes p and ds of one column, and owns the columns j, j + 16, … of the results.
#include "device.glsl"

const int ROWS = 8, COLUMNS = 16, WIDEST = 128;
const bool OWNS_KEYS = KERNEL == KEY_GRADIENT;

layout(buffer_reference, scalar) readonly buffer BackwardArgs {
  u64 q, k, v, mask;
  // [B, h, Nq]
  u64 log_sum_exp, delta;
  // [B, Nq, h, e]
  u64 d_out;
  u64 dq, dk, dv;
  i64 queries, keys;
  // strides of B, N, h; the width's is 1
  i64 q_strides[3], k_strides[3], v_strides[3];
  // strides of B, h, Nq, Nk
  i64 mask_strides[4];
  i64 causal_block, query_offset;
  int heads, group, width, value_width;
  float scale;
  int unused;
};

// of the block's rows: queries and their dOut, or keys and their values
shared float own[ROWS][WIDEST], own_value[ROWS][WIDEST];
// of the other side; one more, so that the columns of neighbouring threads lie in different banks
shared float other[COLUMNS][WIDEST + 1], other_value[COLUMNS][WIDEST + 1];
shared float p[COLUMNS][ROWS], ds[COLUMNS][ROWS];

// Rows of a head, zeros where there are none.
#define BRING(into, rows, from, begin, row0, count, stride, width) \
  for (int n = t; n < (rows) * (width); n += int(threads())) { \
    int row = n / (width), c = n % (width); \
    into[row][c] = (row0) + row < (count) ? load(from, (begin) + ((row0) + row) * (stride) + c) : 0.0; \
  }

void main() {
  BackwardArgs args = BackwardArgs(launch.arguments);
  int t = int(thread()), r = t / COLUMNS, j = t % COLUMNS;
  i64 row0 = i64(block_x()) * ROWS, row_index = row0 + r;
  // of the side that the block owns
  int own_heads = OWNS_KEYS ? args.heads / args.group : args.heads;
  i64 batch = i64(gl_WorkGroupID.y) / own_heads, own_head = i64(gl_WorkGroupID.y) % own_heads;
  i64 key_head = OWNS_KEYS ? own_head : own_head / args.group;
  i64 k = batch * args.k_strides[0] + key_head * args.k_strides[2];
  i64 v = batch * args.v_strides[0] + key_head * args.v_strides[2];
  i64 rows = OWNS_KEYS ? args.keys : args.queries, columns = OWNS_KEYS ? args.queries : args.keys;
  i64 d_out_stride = i64(args.heads) * args.value_width;
  float sums[WIDEST / COLUMNS], value_sums[WIDEST / COLUMNS];
  for (int c = 0; c < WIDEST / COLUMNS; c++) sums[c] = value_sums[c] = 0.0;
  if (OWNS_KEYS) {
    BRING(own, ROWS, args.k, k, row0, args.keys, args.k_strides[1], args.width)
    BRING(own_value, ROWS, args.v, v, row0, args.keys, args.v_strides[1], args.value_width)
  } else {
    i64 q = batch * args.q_strides[0] + own_head * args.q_strides[2];
    i64 d_out = (batch * args.queries * args.heads + own_head) * args.value_width;
    BRING(own, ROWS, args.q, q, row0, args.queries, args.q_strides[1], args.width)
    BRING(own_value, ROWS, args.d_out, d_out, row0, args.queries, d_out_stride, args.value_width)
  }
  // a key head serves several query heads
  for (int h = 0; h < (OWNS_KEYS ? args.group : 1); h++) {
    i64 head = OWNS_KEYS ? key_head * args.group + h : own_head;
    i64 q = batch * args.q_strides[0] + head * args.q_strides[2];
    i64 d_out = (batch * args.queries * args.heads + head) * args.value_width;
    i64 statistics = (batch * args.heads + head) * args.queries;
    for (i64 column0 = 0l; column0 < columns; column0 += COLUMNS) {
      // the columns before are not needed any more
      barrier();
      if (OWNS_KEYS) {
        BRING(other, COLUMNS, args.q, q, column0, args.queries, args.q_strides[1], args.width)
        BRING(other_value, COLUMNS, args.d_out, d_out, column0, args.queries, d_out_stride, args.value_width)
      } else {
        BRING(other, COLUMNS, args.k, k, column0, args.keys, args.k_strides[1], args.width)
        BRING(other_value, COLUMNS, args.v, v, column0, args.keys, args.v_strides[1], args.value_width)
      }
      barrier();
      float s = 0.0, dp = 0.0;
      for (int c = 0; c < args.width; c++) s += own[r][c] * other[j][c];
      for (int c = 0; c < args.value_width; c++) dp += own_value[r][c] * other_value[j][c];
      i64 column = column0 + j;
      i64 query = OWNS_KEYS ? column : row_index, key = OWNS_KEYS ? row_index : column;
      bool seen = query < args.queries && key < args.keys;
      if (seen && args.mask != 0ul)
        seen = byte_at(args.mask, batch * args.mask_strides[0] + head * args.mask_strides[1] + query * args.mask_strides[2] + key * args.mask_strides[3]) != 0u;
      if (args.causal_block != 0l) seen = seen && key / args.causal_block <= (query + args.query_offset) / args.causal_block;
      float weight = 0.0, slope = 0.0;
      if (seen) {
        float log_sum = float_at(args.log_sum_exp, statistics + query);
        weight = exponential(s * args.scale - (log_sum == -INFINITE ? 0.0 : log_sum));
        slope = weight * (dp - float_at(args.delta, statistics + query));
      }
      p[j][r] = weight;
      ds[j][r] = slope;
      barrier();
      for (int c = 0; c < WIDEST / COLUMNS; c++) {
        int at = c * COLUMNS + j;
        for (int i = 0; i < COLUMNS; i++) {
          if (at < args.width) sums[c] += ds[i][r] * other[i][at];
          if (OWNS_KEYS && at < args.value_width) value_sums[c] += p[i][r] * other_value[i][at];
        }
      }
    }
  }
  if (row_index >= rows) return;
  i64 to = (batch * rows + row_index) * own_heads + own_head;
  for (int c = 0; c < WIDEST / COLUMNS; c++) {
    int at = c * COLUMNS + j;
    if (at < args.width) store(OWNS_KEYS ? args.dk : args.dq, to * args.width + at, sums[c] * args.scale);
    if (OWNS_KEYS && at < args.value_width) store(args.dv, to * args.value_width + at, value_sums[c]);
  }
}
