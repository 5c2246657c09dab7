// The gradients of attention's queries, keys and values on the matrix units for bf16 and f16, head widths up to 128, without bias
// or mask. Dao 2023, arXiv:2307.08691.
//
// With s = scale · q kᵀ, p = exp(s - lse) and ds = p · (dOut vᵀ - delta): dq = scale · ds k, dk = scale · dsᵀ q, dv = pᵀ dOut.
// A block owns 64 rows, queries in one kernel and keys in the other, 16 for each of 4 warps, and walks over the other side 32 at a
// time. Nothing is added up by several blocks, so that runs agree bit for bit; for that the scores are computed twice. Scores and sums
// are in f32; p and ds are rounded to the narrow type before they are factors.
//
// Rows lie in shared memory as in narrow_attention.cu. The rows of the block are read from there for every tile: in registers they
// would leave no room for the results.
#include "device.cuh"

#define WARPS 4
#define ROWS 64
#define COLUMNS 32

// The arguments of attention_backward.cu; the mask is not looked at.
struct NarrowBackwardArgs {
  const void *q, *k, *v, *mask;
  const float *log_sum_exp, *delta;
  const void *d_out;
  void *dq, *dk, *dv;
  i64 queries, keys;
  i64 q_strides[3], k_strides[3], v_strides[3];
  i64 mask_strides[4];
  i64 causal_block, query_offset;
  int heads, group, width, value_width;
  float scale;
  int unused;
};
template <int WIDTH> struct NarrowBackwardShared {
  // of the block's rows: queries and their dOut, or keys and their values
  u16 own[ROWS * WIDTH], own_value[ROWS * WIDTH];
  u16 other[COLUMNS * WIDTH], other_value[COLUMNS * WIDTH];
};

template <int WIDTH> DEVICE int piece(int row, int p) { return row * WIDTH + (p ^ row % 8) * 8; }

// Brings COUNT rows, with zeros where there are none.
template <int WIDTH, int COUNT> DEVICE void fetch(u16 *shared, const u16 *global, i64 row0, i64 rows, i64 stride, int width) {
  ROLLED for (int i = 0; i < COUNT * WIDTH / 8 / (WARPS * 32); i++) {
    int n = threadIdx.x + i * WARPS * 32;
    int row = n / (WIDTH / 8), p = n % (WIDTH / 8);
    bool valid = row0 + row < rows && p * 8 < width;
    async_copy(shared + piece<WIDTH>(row, p), valid ? global + (row0 + row) * stride + p * 8 : global, valid);
  }
}

// The place of a column within a tile, at its ends where it is beyond them.
DEVICE int within(i64 column) { return column < 0 ? 0 : column > COLUMNS ? COLUMNS : (int)column; }

// Of a log-sum-exp, for base-2 exponents; a query that saw no key has none.
DEVICE float base2(float x) { return x == -INFINITE ? 0.f : x * 1.4426950408889634f; }

// c += a bᵀ for 16 rows of `a` and all columns of a tile
template <class T, int WIDTH> DEVICE void scores(float (&c)[COLUMNS / 8][4], const u16 *a, const u16 *b, int i, int row, int lane) {
  u32 left[4];
  load_matrices(left, a + piece<WIDTH>(row + lane % 16, i * 2 + lane / 16));
  UNROLL for (int j = 0; j < COLUMNS / 16; j++) {
    u32 right[4];
    load_matrices(right, b + piece<WIDTH>(j * 16 + lane / 16 * 8 + lane % 8, i * 2 + lane / 8 % 2));
    multiply(c[2 * j], left, right[0], right[1], T());
    multiply(c[2 * j + 1], left, right[2], right[3], T());
  }
}

// acc += w b for 16 columns of the weights
template <class T, int WIDTH> DEVICE void add(float (&acc)[WIDTH / 8][4], const float (&w)[COLUMNS / 8][4], const u16 *b, int j, int lane) {
  u32 left[4] = {pair<T>(w[2 * j][0], w[2 * j][1]), pair<T>(w[2 * j][2], w[2 * j][3]), pair<T>(w[2 * j + 1][0], w[2 * j + 1][1]),
      pair<T>(w[2 * j + 1][2], w[2 * j + 1][3])};
  UNROLL for (int c = 0; c < WIDTH / 16; c++) {
    u32 right[4];
    load_matrices_turned(right, b + piece<WIDTH>(j * 16 + lane % 16, c * 2 + lane / 16));
    multiply(acc[2 * c], left, right[0], right[1], T());
    multiply(acc[2 * c + 1], left, right[2], right[3], T());
  }
}

template <class T, int WIDTH> DEVICE void give(T *to, const float (&acc)[WIDTH / 8][4], int r, int width, float factor, int lane) {
  UNROLL for (int c = 0; c < WIDTH / 8; c++) {
    int column = c * 8 + lane % 4 * 2;
    // widths are multiples of 8: both or none
    if (column < width) *(u32 *)(to + column) = pair<T>(acc[c][r * 2] * factor, acc[c][r * 2 + 1] * factor);
  }
}

template <class T, int WIDTH, bool OWNS_KEYS> DEVICE void narrow_backward(const NarrowBackwardArgs &args) {
  SHARED(NarrowBackwardShared<WIDTH>, shared);
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  i64 row0 = (i64)blockIdx.x * ROWS;
  // of the side that the block owns
  int own_heads = OWNS_KEYS ? args.heads / args.group : args.heads;
  i64 batch = blockIdx.y / own_heads, own_head = blockIdx.y % own_heads;
  i64 key_head = OWNS_KEYS ? own_head : own_head / args.group;
  const u16 *k = (const u16 *)args.k + batch * args.k_strides[0] + key_head * args.k_strides[2];
  const u16 *v = (const u16 *)args.v + batch * args.v_strides[0] + key_head * args.v_strides[2];
  i64 rows = OWNS_KEYS ? args.keys : args.queries, columns = OWNS_KEYS ? args.queries : args.keys;
  i64 d_out_stride = (i64)args.heads * args.value_width;
  float scale = args.scale * 1.4426950408889634f;
  // of lane's two rows: the columns that meet them, and of queries what belongs to them
  i64 first[2], end[2];
  float sum[2], mean[2];
  UNROLL for (int r = 0; r < 2; r++) {
    i64 row = row0 + warp * 16 + lane / 4 + r * 8;
    first[r] = OWNS_KEYS && args.causal_block ? row / args.causal_block * args.causal_block - args.query_offset : 0;
    end[r] = row < rows ? columns : 0;
    if (!OWNS_KEYS && args.causal_block) {
      i64 seen = ((row + args.query_offset) / args.causal_block + 1) * args.causal_block;
      if (seen < end[r]) end[r] = seen;
    }
    if (OWNS_KEYS) continue;
    i64 at = (batch * args.heads + own_head) * args.queries + row;
    sum[r] = row < rows ? base2(args.log_sum_exp[at]) : 0.f;
    mean[r] = row < rows ? args.delta[at] : 0.f;
  }
  float acc[WIDTH / 8][4] = {}, acc_value[WIDTH / 8][4] = {};
  // a key head serves several query heads
  for (int h = 0; h < (OWNS_KEYS ? args.group : 1); h++) {
    i64 head = OWNS_KEYS ? key_head * args.group + h : own_head;
    const u16 *q = (const u16 *)args.q + batch * args.q_strides[0] + head * args.q_strides[2];
    const u16 *d_out = (const u16 *)args.d_out + (batch * args.queries * args.heads + head) * args.value_width;
    const float *lse = args.log_sum_exp + (batch * args.heads + head) * args.queries;
    const float *delta = args.delta + (batch * args.heads + head) * args.queries;
    if (h == 0) {
      fetch<WIDTH, ROWS>(shared.own, OWNS_KEYS ? k : q, row0, rows, OWNS_KEYS ? args.k_strides[1] : args.q_strides[1], args.width);
      fetch<WIDTH, ROWS>(shared.own_value, OWNS_KEYS ? v : d_out, row0, rows, OWNS_KEYS ? args.v_strides[1] : d_out_stride,
          args.value_width);
    }
    for (i64 column0 = 0; column0 < columns; column0 += COLUMNS) {
      // the columns before are not needed any more
      BARRIER();
      fetch<WIDTH, COLUMNS>(shared.other, OWNS_KEYS ? q : k, column0, columns, OWNS_KEYS ? args.q_strides[1] : args.k_strides[1], args.width);
      fetch<WIDTH, COLUMNS>(shared.other_value, OWNS_KEYS ? d_out : v, column0, columns, OWNS_KEYS ? d_out_stride : args.v_strides[1],
          args.value_width);
      async_commit();
      ASYNC_WAIT(0);
      // what all threads brought is there
      BARRIER();
      float p[COLUMNS / 8][4] = {}, ds[COLUMNS / 8][4] = {};
      // unrolled, the places of all these rows would fill the registers
      ROLLED for (int i = 0; i < WIDTH / 16; i++) {
        scores<T, WIDTH>(p, shared.own, shared.other, i, warp * 16, lane);
        scores<T, WIDTH>(ds, shared.own_value, shared.other_value, i, warp * 16, lane);
      }
      int from[2], to[2];
      UNROLL for (int r = 0; r < 2; r++) {
        from[r] = within(first[r] - column0);
        to[r] = within(end[r] - column0);
      }
      UNROLL for (int j = 0; j < COLUMNS / 8; j++) {
        UNROLL for (int e = 0; e < 4; e++) {
          int r = e / 2, column = j * 8 + lane % 4 * 2 + e % 2;
          bool seen = column >= from[r] && column < to[r];
          if (OWNS_KEYS) {
            sum[r] = seen ? base2(lse[column0 + column]) : 0.f;
            mean[r] = seen ? delta[column0 + column] : 0.f;
          }
          p[j][e] = seen ? exp2f(p[j][e] * scale - sum[r]) : 0.f;
          ds[j][e] = p[j][e] * (ds[j][e] - mean[r]);
        }
      }
      UNROLL for (int j = 0; j < COLUMNS / 16; j++) {
        add<T, WIDTH>(acc, ds, shared.other, j, lane);
        if (OWNS_KEYS) add<T, WIDTH>(acc_value, p, shared.other_value, j, lane);
      }
    }
  }
  UNROLL for (int r = 0; r < 2; r++) {
    i64 row = row0 + warp * 16 + lane / 4 + r * 8;
    if (row >= rows) continue;
    i64 to = (batch * rows + row) * own_heads + own_head;
    give<T, WIDTH>((T *)(OWNS_KEYS ? args.dk : args.dq) + to * args.width, acc, r, args.width, args.scale, lane);
    if (OWNS_KEYS) give<T, WIDTH>((T *)args.dv + to * args.value_width, acc_value, r, args.value_width, 1.f, lane);
  }
}
KERNEL(narrow_query_gradient_64_bf16, NarrowBackwardArgs, 128) { narrow_backward<bf16, 64, false>(args); }
KERNEL(narrow_query_gradient_128_bf16, NarrowBackwardArgs, 128) { narrow_backward<bf16, 128, false>(args); }
KERNEL(narrow_query_gradient_64_f16, NarrowBackwardArgs, 128) { narrow_backward<f16, 64, false>(args); }
KERNEL(narrow_query_gradient_128_f16, NarrowBackwardArgs, 128) { narrow_backward<f16, 128, false>(args); }
KERNEL(narrow_key_gradient_64_bf16, NarrowBackwardArgs, 128) { narrow_backward<bf16, 64, true>(args); }
KERNEL(narrow_key_gradient_128_bf16, NarrowBackwardArgs, 128) { narrow_backward<bf16, 128, true>(args); }
KERNEL(narrow_key_gradient_64_f16, NarrowBackwardArgs, 128) { narrow_backward<f16, 64, true>(args); }
KERNEL(narrow_key_gradient_128_f16, NarrowBackwardArgs, 128) { narrow_backward<f16, 128, true>(args); }
