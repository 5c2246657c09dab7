// The gradients of attention's queries, keys and values, without a bias: arithmetic in f32, for every float type, head widths up to
// 128. Scores are computed again from the log-sum-exp; every sum has one owner and one order, so that runs agree bit for bit.
//
// With s = scale · q kᵀ, p = exp(s - lse) and ds = p · (dOut vᵀ - delta): dq = scale · ds k, dk = scale · dsᵀ q, dv = pᵀ dOut.
// A threadgroup owns 8 rows, queries in one kernel and keys in the other, two for each of 4 simdgroups, and walks over the other
// side 16 at a time. A lane computes p and ds of one row and column; then lane j owns the columns j, j + 32, … of the results.

constant constexpr int SIMDGROUPS = 4;
constant constexpr int EACH = 2;
constant constexpr int ROWS = SIMDGROUPS * EACH;
constant constexpr int COLUMNS = 16;
constant constexpr int WIDEST = 128;
constant constexpr int PITCH = WIDEST + 1;

struct BackwardArgs {
  device const void *q, *k, *v, *mask;
  // [B, h, Nq]
  device const float *log_sum_exp, *delta;
  // [B, Nq, h, e]
  device const void *d_out;
  device void *dq, *dk, *dv;
  long queries, keys;
  // strides of B, N, h; the width's is 1
  long q_strides[3], k_strides[3], v_strides[3];
  // strides of B, h, Nq, Nk
  long mask_strides[4];
  long causal_block, query_offset;
  int heads, group, width, value_width;
  float scale;
  int unused;
};
struct BackwardShared {
  // of the threadgroup's rows: queries and their dOut, or keys and their values
  float own[ROWS][PITCH], own_value[ROWS][PITCH];
  // of the other side; one more, so that the lanes' columns lie in different banks
  float other[COLUMNS][PITCH], other_value[COLUMNS][PITCH];
  float p[COLUMNS][ROWS], ds[COLUMNS][ROWS];
};

// Rows of a head, zeros where there are none.
template <class T>
void bring(threadgroup float (*to)[PITCH], int count, device const T *from, long row0, long rows, long stride, int width, Self self) {
  for (int n = (int)self.index; n < count * width; n += (int)self.count) {
    int row = n / width, c = n % width;
    to[row][c] = row0 + row < rows ? load(from, (row0 + row) * stride + c) : 0.f;
  }
}

template <class T, bool owns_keys> void backward(constant BackwardArgs &args, Self self, threadgroup BackwardShared &shared) {
  int simdgroup = (int)self.index / 32, lane = (int)self.index % 32;
  long row0 = (long)self.group.x * ROWS;
  // of the side that the threadgroup owns
  int own_heads = owns_keys ? args.heads / args.group : args.heads;
  long batch = self.group.y / own_heads, own_head = self.group.y % own_heads;
  long key_head = owns_keys ? own_head : own_head / args.group;
  device const T *k = (device const T *)args.k + batch * args.k_strides[0] + key_head * args.k_strides[2];
  device const T *v = (device const T *)args.v + batch * args.v_strides[0] + key_head * args.v_strides[2];
  long rows = owns_keys ? args.keys : args.queries, columns = owns_keys ? args.queries : args.keys;
  float acc[EACH][WIDEST / 32] = {}, acc_value[EACH][WIDEST / 32] = {};
  long d_out_stride = (long)args.heads * args.value_width;
  if (owns_keys) {
    bring(shared.own, ROWS, k, row0, args.keys, args.k_strides[1], args.width, self);
    bring(shared.own_value, ROWS, v, row0, args.keys, args.v_strides[1], args.value_width, self);
  } else {
    device const T *q = (device const T *)args.q + batch * args.q_strides[0] + own_head * args.q_strides[2];
    device const T *d_out = (device const T *)args.d_out + (batch * args.queries * args.heads + own_head) * args.value_width;
    bring(shared.own, ROWS, q, row0, args.queries, args.q_strides[1], args.width, self);
    bring(shared.own_value, ROWS, d_out, row0, args.queries, d_out_stride, args.value_width, self);
  }
  // a key head serves several query heads
  for (int h = 0; h < (owns_keys ? args.group : 1); h++) {
    long head = owns_keys ? key_head * args.group + h : own_head;
    device const T *q = (device const T *)args.q + batch * args.q_strides[0] + head * args.q_strides[2];
    device const T *d_out = (device const T *)args.d_out + (batch * args.queries * args.heads + head) * args.value_width;
    device const float *lse = args.log_sum_exp + (batch * args.heads + head) * args.queries;
    device const float *delta = args.delta + (batch * args.heads + head) * args.queries;
    for (long column0 = 0; column0 < columns; column0 += COLUMNS) {
      // the columns before are not needed any more
      threadgroup_barrier(mem_flags::mem_threadgroup);
      if (owns_keys) {
        bring(shared.other, COLUMNS, q, column0, args.queries, args.q_strides[1], args.width, self);
        bring(shared.other_value, COLUMNS, d_out, column0, args.queries, d_out_stride, args.value_width, self);
      } else {
        bring(shared.other, COLUMNS, k, column0, args.keys, args.k_strides[1], args.width, self);
        bring(shared.other_value, COLUMNS, v, column0, args.keys, args.v_strides[1], args.value_width, self);
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      int own = simdgroup * EACH + lane / COLUMNS, j = lane % COLUMNS;
      float s = 0, dp = 0;
      for (int c = 0; c < args.width; c++) s = fma(shared.own[own][c], shared.other[j][c], s);
      for (int c = 0; c < args.value_width; c++) dp = fma(shared.own_value[own][c], shared.other_value[j][c], dp);
      long row = row0 + own, column = column0 + j;
      long query = owns_keys ? column : row, key = owns_keys ? row : column;
      bool seen = query < args.queries && key < args.keys;
      if (seen && args.mask) {
        long at = batch * args.mask_strides[0] + head * args.mask_strides[1] + query * args.mask_strides[2] + key * args.mask_strides[3];
        seen = ((device const uchar *)args.mask)[at] != 0;
      }
      if (args.causal_block) seen = seen && key / args.causal_block <= (query + args.query_offset) / args.causal_block;
      float p = seen ? precise::exp(s * args.scale - (lse[query] == -INFINITE ? 0.f : lse[query])) : 0.f;
      shared.p[j][own] = p;
      shared.ds[j][own] = seen ? p * (dp - delta[query]) : 0.f;
      // only lanes of one simdgroup read what it wrote
      simdgroup_barrier(mem_flags::mem_threadgroup);
      for (int i = 0; i < COLUMNS; i++) {
        for (int c = 0; c < WIDEST / 32; c++) {
          int at = c * 32 + lane;
          for (int r = 0; r < EACH; r++) {
            int mine = simdgroup * EACH + r;
            if (at < args.width) acc[r][c] = fma(shared.ds[i][mine], shared.other[i][at], acc[r][c]);
            if (owns_keys && at < args.value_width) acc_value[r][c] = fma(shared.p[i][mine], shared.other_value[i][at], acc_value[r][c]);
          }
        }
      }
    }
  }
  for (int r = 0; r < EACH; r++) {
    long row = row0 + simdgroup * EACH + r;
    if (row >= rows) continue;
    long to = (batch * rows + row) * own_heads + own_head;
    for (int c = 0; c < WIDEST / 32; c++) {
      int at = c * 32 + lane;
      if (at < args.width) store((device T *)(owns_keys ? args.dk : args.dq), to * args.width + at, acc[r][c] * args.scale);
      if (owns_keys && at < args.value_width) store((device T *)args.dv, to * args.value_width + at, acc_value[r][c]);
    }
  }
}
GROUP_KERNEL(query_gradient_f32, BackwardArgs, BackwardShared, backward<float, false>)
GROUP_KERNEL(query_gradient_f16, BackwardArgs, BackwardShared, backward<half, false>)
GROUP_KERNEL(query_gradient_bf16, BackwardArgs, BackwardShared, backward<bf16, false>)
GROUP_KERNEL(key_gradient_f32, BackwardArgs, BackwardShared, backward<float, true>)
GROUP_KERNEL(key_gradient_f16, BackwardArgs, BackwardShared, backward<half, true>)
GROUP_KERNEL(key_gradient_bf16, BackwardArgs, BackwardShared, backward<bf16, true>)
