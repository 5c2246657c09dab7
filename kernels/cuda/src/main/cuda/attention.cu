// Attention forward with an online softmax, never more than a tile of scores (Dao et al. 2022, arXiv:2205.14135): arithmetic in
// f32, for every float type, head widths up to 128.
//
// A block has 4 warps and 16 queries, 4 for each warp; 32 keys and values at a time are in shared memory. Lane j scores key j for
// all queries of its warp, and then owns the columns j, j + 32, … of their outputs: what is read of a key or value serves four.
#include "device.cuh"

#define WARPS 4
#define QUERIES_PER_WARP 4
#define QUERIES (WARPS * QUERIES_PER_WARP)
#define KEYS 32
#define WIDEST 128

struct AttentionArgs {
  const void *q, *k, *v, *bias, *mask;
  void *out;
  // [B, h, Nq], or null
  float *log_sum_exp;
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
struct AttentionShared {
  float q[QUERIES][WIDEST];
  // one more, so that the lanes' keys lie in different banks
  float k[KEYS][WIDEST + 1];
  float v[KEYS][WIDEST];
  // what each warp's queries give to each key
  float p[KEYS][WARPS][QUERIES_PER_WARP];
};

template <class T> DEVICE void attention(const AttentionArgs &args) {
  SHARED(AttentionShared, shared);
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  i64 query0 = (i64)blockIdx.x * QUERIES;
  i64 batch = blockIdx.y / args.heads, head = blockIdx.y % args.heads;
  const T *q = (const T *)args.q + batch * args.q_strides[0] + head * args.q_strides[2];
  const T *k = (const T *)args.k + batch * args.k_strides[0] + head / args.group * args.k_strides[2];
  const T *v = (const T *)args.v + batch * args.v_strides[0] + head / args.group * args.v_strides[2];
  for (int n = threadIdx.x; n < QUERIES * args.width; n += blockDim.x) {
    int row = n / args.width, c = n % args.width;
    shared.q[row][c] = query0 + row < args.queries ? wide(q[(query0 + row) * args.q_strides[1] + c]) * args.scale : 0.f;
  }
  float m[QUERIES_PER_WARP], l[QUERIES_PER_WARP], acc[QUERIES_PER_WARP][WIDEST / 32];
  for (int r = 0; r < QUERIES_PER_WARP; r++) {
    m[r] = -INFINITE;
    l[r] = 0;
    UNROLL for (int c = 0; c < WIDEST / 32; c++) acc[r][c] = 0;
  }
  // keys that no query of this block sees are not looked at
  i64 end = args.keys;
  if (args.causal_block) {
    i64 last = query0 + QUERIES - 1 < args.queries ? query0 + QUERIES - 1 : args.queries - 1;
    i64 seen = ((last + args.query_offset) / args.causal_block + 1) * args.causal_block;
    if (seen < end) end = seen;
  }
  for (i64 key0 = 0; key0 < end; key0 += KEYS) {
    // the keys before are not needed any more; the first time, the queries are not either, but all wait below
    BARRIER();
    for (int n = threadIdx.x; n < KEYS * args.width; n += blockDim.x) {
      int row = n / args.width, c = n % args.width;
      shared.k[row][c] = key0 + row < args.keys ? wide(k[(key0 + row) * args.k_strides[1] + c]) : 0.f;
    }
    for (int n = threadIdx.x; n < KEYS * args.value_width; n += blockDim.x) {
      int row = n / args.value_width, c = n % args.value_width;
      shared.v[row][c] = key0 + row < args.keys ? wide(v[(key0 + row) * args.v_strides[1] + c]) : 0.f;
    }
    BARRIER();
    i64 key = key0 + lane;
    float scores[QUERIES_PER_WARP] = {};
    ROLLED for (int c = 0; c < args.width; c++) {
      float kc = shared.k[lane][c];
      UNROLL for (int r = 0; r < QUERIES_PER_WARP; r++) scores[r] = fmaf(shared.q[warp * QUERIES_PER_WARP + r][c], kc, scores[r]);
    }
    UNROLL for (int r = 0; r < QUERIES_PER_WARP; r++) {
      i64 query = query0 + warp * QUERIES_PER_WARP + r;
      float s = scores[r];
      bool seen = key < args.keys && query < args.queries;
      if (seen && args.bias) {
        i64 at = batch * args.bias_strides[0] + head * args.bias_strides[1] + query * args.bias_strides[2] + key * args.bias_strides[3];
        s += wide(((const T *)args.bias)[at]);
      }
      if (seen && args.mask) {
        i64 at = batch * args.mask_strides[0] + head * args.mask_strides[1] + query * args.mask_strides[2] + key * args.mask_strides[3];
        seen = ((const unsigned char *)args.mask)[at] != 0;
      }
      if (args.causal_block) seen = seen && key / args.causal_block <= (query + args.query_offset) / args.causal_block;
      if (!seen) s = -INFINITE;
      float most = larger(m[r], warp_max(s));
      // while a query has seen no key, nothing is to be scaled or added
      float shift = most == -INFINITE ? 0.f : most;
      float p = expf(s - shift), past = expf(m[r] - shift);
      l[r] = l[r] * past + warp_sum(p);
      m[r] = most;
      UNROLL for (int c = 0; c < WIDEST / 32; c++) acc[r][c] *= past;
      shared.p[lane][warp][r] = p;
    }
    WARP_BARRIER();
    ROLLED for (int j = 0; j < KEYS; j++) {
      float p[QUERIES_PER_WARP];
      UNROLL for (int r = 0; r < QUERIES_PER_WARP; r++) p[r] = shared.p[j][warp][r];
      UNROLL for (int c = 0; c < WIDEST / 32; c++) {
        if (c * 32 + lane >= args.value_width) continue;
        float vc = shared.v[j][c * 32 + lane];
        UNROLL for (int r = 0; r < QUERIES_PER_WARP; r++) acc[r][c] = fmaf(p[r], vc, acc[r][c]);
      }
    }
  }
  for (int r = 0; r < QUERIES_PER_WARP; r++) {
    i64 query = query0 + warp * QUERIES_PER_WARP + r;
    if (query >= args.queries) continue;
    float inverse = l[r] == 0 ? 0.f : 1.f / l[r];
    T *out = (T *)args.out + ((batch * args.queries + query) * args.heads + head) * args.value_width;
    UNROLL for (int c = 0; c < WIDEST / 32; c++) {
      if (c * 32 + lane < args.value_width) store(out + c * 32 + lane, acc[r][c] * inverse);
    }
    if (args.log_sum_exp && lane == 0)
      args.log_sum_exp[(batch * args.heads + head) * args.queries + query] = l[r] == 0 ? -INFINITE : m[r] + logf(l[r]);
  }
}
FOR_FLOAT_TYPES(attention, AttentionArgs, 128)
