// Attention forward on the matrix units for bf16 and f16, head widths up to 128, without bias or mask. Dao 2023, arXiv:2307.08691.
//
// A block has 64 queries, 16 for each of 4 warps, and walks over 64 keys at a time: while the scores of one tile are computed, its
// values are on their way, and while those are multiplied, the next keys. Scores, sums and results are in f32; the probabilities
// are rounded to the narrow type before they meet the values.
//
// A row of a tile lies in pieces of 16 bytes, piece p of row r at p ^ (r % 8), so that the eight rows that ldmatrix reads at once
// fill all banks. Widths between are filled with zeros.
#include "device.cuh"

#define WARPS 4
#define QUERIES 64
#define KEYS 64

// The arguments of attention.cu; bias and mask are not looked at.
struct NarrowAttentionArgs {
  const void *q, *k, *v, *bias, *mask;
  void *out;
  float *log_sum_exp;
  i64 queries, keys;
  i64 q_strides[3], k_strides[3], v_strides[3];
  i64 bias_strides[4], mask_strides[4];
  i64 causal_block, query_offset;
  int heads, group, width, value_width;
  float scale;
  int unused;
};
template <int WIDTH> struct NarrowShared {
  u16 q[QUERIES * WIDTH], k[KEYS * WIDTH], v[KEYS * WIDTH];
};

template <int WIDTH> DEVICE int piece(int row, int p) { return row * WIDTH + (p ^ row % 8) * 8; }

// Brings 64 rows, with zeros where there are none.
template <int WIDTH> DEVICE void fetch(u16 *shared, const u16 *global, i64 row0, i64 rows, i64 stride, int width) {
  UNROLL for (int i = 0; i < 64 * WIDTH / 8 / (WARPS * 32); i++) {
    int n = threadIdx.x + i * WARPS * 32;
    int row = n / (WIDTH / 8), p = n % (WIDTH / 8);
    bool valid = row0 + row < rows && p * 8 < width;
    async_copy(shared + piece<WIDTH>(row, p), valid ? global + (row0 + row) * stride + p * 8 : global, valid);
  }
}

template <class T, int WIDTH> DEVICE void narrow_attention(const NarrowAttentionArgs &args) {
  SHARED(NarrowShared<WIDTH>, shared);
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  i64 query0 = (i64)blockIdx.x * QUERIES;
  i64 batch = blockIdx.y / args.heads, head = blockIdx.y % args.heads;
  const u16 *q = (const u16 *)args.q + batch * args.q_strides[0] + head * args.q_strides[2];
  const u16 *k = (const u16 *)args.k + batch * args.k_strides[0] + head / args.group * args.k_strides[2];
  const u16 *v = (const u16 *)args.v + batch * args.v_strides[0] + head / args.group * args.v_strides[2];
  // keys that no query of this block sees are not looked at
  i64 end = args.keys;
  if (args.causal_block) {
    i64 last = query0 + QUERIES - 1 < args.queries ? query0 + QUERIES - 1 : args.queries - 1;
    i64 seen = ((last + args.query_offset) / args.causal_block + 1) * args.causal_block;
    if (seen < end) end = seen;
  }
  fetch<WIDTH>(shared.q, q, query0, args.queries, args.q_strides[1], args.width);
  fetch<WIDTH>(shared.k, k, 0, args.keys, args.k_strides[1], args.width);
  async_commit();

  // lane's rows are lane / 4 and 8 more; base-2 exponents
  float scale = args.scale * 1.4426950408889634f;
  float m[2] = {-INFINITE, -INFINITE}, l[2] = {0, 0};
  float acc[WIDTH / 8][4] = {};
  u32 a[WIDTH / 16][4];
  for (i64 key0 = 0; key0 < end; key0 += KEYS) {
    ASYNC_WAIT(0);
    // keys, and the first time queries, of all threads are there; the values before are not needed any more
    BARRIER();
    fetch<WIDTH>(shared.v, v, key0, args.keys, args.v_strides[1], args.value_width);
    async_commit();
    if (key0 == 0) {
      UNROLL for (int i = 0; i < WIDTH / 16; i++) load_matrices(a[i], shared.q + piece<WIDTH>(warp * 16 + lane % 16, i * 2 + lane / 16));
    }
    float s[KEYS / 8][4] = {};
    UNROLL for (int i = 0; i < WIDTH / 16; i++) {
      UNROLL for (int j = 0; j < KEYS / 16; j++) {
        u32 b[4];
        load_matrices(b, shared.k + piece<WIDTH>(j * 16 + lane / 16 * 8 + lane % 8, i * 2 + lane / 8 % 2));
        multiply(s[2 * j], a[i], b[0], b[1], T());
        multiply(s[2 * j + 1], a[i], b[2], b[3], T());
      }
    }
    UNROLL for (int r = 0; r < 2; r++) {
      i64 query = query0 + warp * 16 + lane / 4 + r * 8;
      i64 seen = args.keys;
      if (args.causal_block) {
        i64 block_end = ((query + args.query_offset) / args.causal_block + 1) * args.causal_block;
        if (block_end < seen) seen = block_end;
      }
      float most = m[r];
      UNROLL for (int j = 0; j < KEYS / 8; j++) {
        UNROLL for (int e = 0; e < 2; e++) {
          float &x = s[j][r * 2 + e];
          x = key0 + j * 8 + lane % 4 * 2 + e < seen ? x * scale : -INFINITE;
          most = larger(most, x);
        }
      }
      // the four lanes that share a row
      most = larger(most, warp_xor(most, 1));
      most = larger(most, warp_xor(most, 2));
      // while a query has seen no key, nothing is to be scaled or added
      float shift = most == -INFINITE ? 0.f : most;
      float past = exp2f(m[r] - shift), sum = 0;
      UNROLL for (int j = 0; j < KEYS / 8; j++) {
        UNROLL for (int e = 0; e < 2; e++) {
          float &x = s[j][r * 2 + e];
          x = exp2f(x - shift);
          sum += x;
        }
      }
      sum += warp_xor(sum, 1);
      sum += warp_xor(sum, 2);
      l[r] = l[r] * past + sum;
      m[r] = most;
      UNROLL for (int c = 0; c < WIDTH / 8; c++) {
        acc[c][r * 2] *= past;
        acc[c][r * 2 + 1] *= past;
      }
    }
    ASYNC_WAIT(0);
    // the values of all threads are there, and the keys are not needed any more
    BARRIER();
    if (key0 + KEYS < end) fetch<WIDTH>(shared.k, k, key0 + KEYS, args.keys, args.k_strides[1], args.width);
    async_commit();
    UNROLL for (int j = 0; j < KEYS / 16; j++) {
      u32 p[4] = {pair<T>(s[2 * j][0], s[2 * j][1]), pair<T>(s[2 * j][2], s[2 * j][3]), pair<T>(s[2 * j + 1][0], s[2 * j + 1][1]),
          pair<T>(s[2 * j + 1][2], s[2 * j + 1][3])};
      UNROLL for (int c = 0; c < WIDTH / 16; c++) {
        u32 b[4];
        load_matrices_turned(b, shared.v + piece<WIDTH>(j * 16 + lane % 16, c * 2 + lane / 16));
        multiply(acc[2 * c], p, b[0], b[1], T());
        multiply(acc[2 * c + 1], p, b[2], b[3], T());
      }
    }
  }
  UNROLL for (int r = 0; r < 2; r++) {
    i64 query = query0 + warp * 16 + lane / 4 + r * 8;
    if (query >= args.queries) continue;
    float inverse = l[r] == 0 ? 0.f : 1.f / l[r];
    T *out = (T *)args.out + ((batch * args.queries + query) * args.heads + head) * args.value_width;
    UNROLL for (int c = 0; c < WIDTH / 8; c++) {
      int column = c * 8 + lane % 4 * 2;
      // widths are multiples of 8: both or none
      if (column < args.value_width) *(u32 *)(out + column) = pair<T>(acc[c][r * 2] * inverse, acc[c][r * 2 + 1] * inverse);
    }
    if (args.log_sum_exp && lane % 4 == 0)
      args.log_sum_exp[(batch * args.heads + head) * args.queries + query] =
          l[r] == 0 ? -INFINITE : m[r] * 0.6931471805599453f + logf(l[r]);
  }
}
KERNEL(narrow_attention_64_bf16, NarrowAttentionArgs, 128) { narrow_attention<bf16, 64>(args); }
KERNEL(narrow_attention_128_bf16, NarrowAttentionArgs, 128) { narrow_attention<bf16, 128>(args); }
KERNEL(narrow_attention_64_f16, NarrowAttentionArgs, 128) { narrow_attention<f16, 64>(args); }
KERNEL(narrow_attention_128_f16, NarrowAttentionArgs, 128) { narrow_attention<f16, 128>(args); }
