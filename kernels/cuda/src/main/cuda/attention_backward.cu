// The gradients of attention's queries, keys and values, without a bias: arithmetic in f32, for every float type, head widths up to
// 128. Scores are computed again from the log-sum-exp; every sum has one owner and one order, so that runs agree bit for bit.
//
// With s = scale · q kᵀ, p = exp(s - lse) and ds = p · (dOut vᵀ - delta): dq = scale · ds k, dk = scale · dsᵀ q, dv = pᵀ dOut.
// A block owns 8 rows, queries in one kernel and keys in the other, two for each of 4 warps, and walks over the other side 32 at a
// time. Lane j computes p and ds of column j, and then owns the columns j, j + 32, … of the results.
#include "device.cuh"

#define WARPS 4
#define ROWS_PER_WARP 2
#define ROWS (WARPS * ROWS_PER_WARP)
#define COLUMNS 32
#define WIDEST 128

struct AttentionBackwardArgs {
  const void *q, *k, *v, *mask;
  // [B, h, Nq]
  const float *log_sum_exp, *delta;
  // [B, Nq, h, e]
  const void *d_out;
  void *dq, *dk, *dv;
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
struct BackwardShared {
  // of the block's rows: queries and their dOut, or keys and their values
  float own[ROWS][WIDEST], own_value[ROWS][WIDEST];
  // of the other side; one more, so that the lanes' columns lie in different banks
  float other[COLUMNS][WIDEST + 1], other_value[COLUMNS][WIDEST + 1];
  float p[COLUMNS][ROWS], ds[COLUMNS][ROWS];
};

// Rows of a head, zeros where there are none.
template <class T> DEVICE void bring(float *shared, int pitch, int rows, const T *global, i64 row0, i64 count, i64 stride, int width) {
  for (int n = threadIdx.x; n < rows * width; n += blockDim.x) {
    int row = n / width, c = n % width;
    shared[row * pitch + c] = row0 + row < count ? wide(global[(row0 + row) * stride + c]) : 0.f;
  }
}

template <class T, bool OWNS_KEYS> DEVICE void attention_backward(const AttentionBackwardArgs &args) {
  SHARED(BackwardShared, shared);
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  i64 row0 = (i64)blockIdx.x * ROWS;
  // of the side that the block owns
  int own_heads = OWNS_KEYS ? args.heads / args.group : args.heads;
  i64 batch = blockIdx.y / own_heads, own_head = blockIdx.y % own_heads;
  i64 key_head = OWNS_KEYS ? own_head : own_head / args.group;
  const T *k = (const T *)args.k + batch * args.k_strides[0] + key_head * args.k_strides[2];
  const T *v = (const T *)args.v + batch * args.v_strides[0] + key_head * args.v_strides[2];
  i64 rows = OWNS_KEYS ? args.keys : args.queries, columns = OWNS_KEYS ? args.queries : args.keys;
  float acc[ROWS_PER_WARP][WIDEST / 32] = {}, acc_value[ROWS_PER_WARP][WIDEST / 32] = {};
  i64 d_out_stride = (i64)args.heads * args.value_width;
  if (OWNS_KEYS) {
    bring(&shared.own[0][0], WIDEST, ROWS, k, row0, args.keys, args.k_strides[1], args.width);
    bring(&shared.own_value[0][0], WIDEST, ROWS, v, row0, args.keys, args.v_strides[1], args.value_width);
  } else {
    const T *q = (const T *)args.q + batch * args.q_strides[0] + own_head * args.q_strides[2];
    const T *d_out = (const T *)args.d_out + (batch * args.queries * args.heads + own_head) * args.value_width;
    bring(&shared.own[0][0], WIDEST, ROWS, q, row0, args.queries, args.q_strides[1], args.width);
    bring(&shared.own_value[0][0], WIDEST, ROWS, d_out, row0, args.queries, d_out_stride, args.value_width);
  }
  // a key head serves several query heads
  for (int h = 0; h < (OWNS_KEYS ? args.group : 1); h++) {
    i64 head = OWNS_KEYS ? key_head * args.group + h : own_head;
    const T *q = (const T *)args.q + batch * args.q_strides[0] + head * args.q_strides[2];
    const T *d_out = (const T *)args.d_out + (batch * args.queries * args.heads + head) * args.value_width;
    const float *lse = args.log_sum_exp + (batch * args.heads + head) * args.queries;
    const float *delta = args.delta + (batch * args.heads + head) * args.queries;
    for (i64 column0 = 0; column0 < columns; column0 += COLUMNS) {
      // the columns before are not needed any more
      BARRIER();
      if (OWNS_KEYS) {
        bring(&shared.other[0][0], WIDEST + 1, COLUMNS, q, column0, args.queries, args.q_strides[1], args.width);
        bring(&shared.other_value[0][0], WIDEST + 1, COLUMNS, d_out, column0, args.queries, d_out_stride, args.value_width);
      } else {
        bring(&shared.other[0][0], WIDEST + 1, COLUMNS, k, column0, args.keys, args.k_strides[1], args.width);
        bring(&shared.other_value[0][0], WIDEST + 1, COLUMNS, v, column0, args.keys, args.v_strides[1], args.value_width);
      }
      BARRIER();
      float s[ROWS_PER_WARP] = {}, dp[ROWS_PER_WARP] = {};
      ROLLED for (int c = 0; c < args.width; c++) {
        UNROLL for (int r = 0; r < ROWS_PER_WARP; r++) s[r] = fmaf(shared.own[warp * ROWS_PER_WARP + r][c], shared.other[lane][c], s[r]);
      }
      ROLLED for (int c = 0; c < args.value_width; c++) {
        UNROLL for (int r = 0; r < ROWS_PER_WARP; r++)
          dp[r] = fmaf(shared.own_value[warp * ROWS_PER_WARP + r][c], shared.other_value[lane][c], dp[r]);
      }
      UNROLL for (int r = 0; r < ROWS_PER_WARP; r++) {
        i64 row = row0 + warp * ROWS_PER_WARP + r, column = column0 + lane;
        i64 query = OWNS_KEYS ? column : row, key = OWNS_KEYS ? row : column;
        bool seen = query < args.queries && key < args.keys;
        if (seen && args.mask) {
          i64 at = batch * args.mask_strides[0] + head * args.mask_strides[1] + query * args.mask_strides[2] + key * args.mask_strides[3];
          seen = ((const unsigned char *)args.mask)[at] != 0;
        }
        if (args.causal_block) seen = seen && key / args.causal_block <= (query + args.query_offset) / args.causal_block;
        float p = seen ? expf(s[r] * args.scale - (lse[query] == -INFINITE ? 0.f : lse[query])) : 0.f;
        shared.p[lane][warp * ROWS_PER_WARP + r] = p;
        shared.ds[lane][warp * ROWS_PER_WARP + r] = seen ? p * (dp[r] - delta[query]) : 0.f;
      }
      WARP_BARRIER();
      ROLLED for (int j = 0; j < COLUMNS; j++) {
        UNROLL for (int c = 0; c < WIDEST / 32; c++) {
          int at = c * 32 + lane;
          UNROLL for (int r = 0; r < ROWS_PER_WARP; r++) {
            int row = warp * ROWS_PER_WARP + r;
            if (at < args.width) acc[r][c] = fmaf(shared.ds[j][row], shared.other[j][at], acc[r][c]);
            if (OWNS_KEYS && at < args.value_width) acc_value[r][c] = fmaf(shared.p[j][row], shared.other_value[j][at], acc_value[r][c]);
          }
        }
      }
    }
  }
  UNROLL for (int r = 0; r < ROWS_PER_WARP; r++) {
    i64 row = row0 + warp * ROWS_PER_WARP + r;
    if (row >= rows) continue;
    i64 to = (batch * rows + row) * own_heads + own_head;
    UNROLL for (int c = 0; c < WIDEST / 32; c++) {
      int at = c * 32 + lane;
      if (at < args.width) store((T *)(OWNS_KEYS ? args.dk : args.dq) + to * args.width + at, acc[r][c] * args.scale);
      if (OWNS_KEYS && at < args.value_width) store((T *)args.dv + to * args.value_width + at, acc_value[r][c]);
    }
  }
}
template <class T> DEVICE void query_gradient(const AttentionBackwardArgs &args) { attention_backward<T, false>(args); }
template <class T> DEVICE void key_gradient(const AttentionBackwardArgs &args) { attention_backward<T, true>(args); }
FOR_FLOAT_TYPES(query_gradient, AttentionBackwardArgs, 128)
FOR_FLOAT_TYPES(key_gradient, AttentionBackwardArgs, 128)
