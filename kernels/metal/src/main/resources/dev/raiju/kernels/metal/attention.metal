// Attention forward with an online softmax, never more than a tile of scores (Dao et al. 2022, arXiv:2205.14135): arithmetic in
// f32, for every float type, head widths up to 128.
//
// A threadgroup has 4 simdgroups and 16 queries, 4 for each simdgroup; 32 keys at a time are in shared memory, and after them, at
// the same place, their values, so that all fits in 32 KiB. Lane j scores key j for all queries of its simdgroup, and then owns the
// columns j, j + 32, … of their outputs: what is read of a key or value serves four.

constant constexpr int SIMDGROUPS = 4;
constant constexpr int EACH = 4;
constant constexpr int QUERIES = SIMDGROUPS * EACH;
constant constexpr int KEYS = 32;
constant constexpr int WIDEST = 128;

struct AttentionArgs {
  device const void *q, *k, *v, *bias, *mask;
  device void *out;
  // [B, h, Nq], or null
  device float *log_sum_exp;
  long queries, keys;
  // strides of B, N, h; the width's is 1
  long q_strides[3], k_strides[3], v_strides[3];
  // strides of B, h, Nq, Nk
  long bias_strides[4], mask_strides[4];
  long causal_block, query_offset;
  int heads, group, width, value_width;
  float scale;
  int unused;
};
struct AttentionShared {
  float q[QUERIES][WIDEST];
  // keys, then values; one more, so that the lanes' keys lie in different banks
  float tile[KEYS][WIDEST + 1];
  // what each simdgroup's queries give to each key
  float p[KEYS][SIMDGROUPS][EACH];
};

// Rows of a head, zeros where there are none.
template <class T>
void bring(threadgroup float (*to)[WIDEST + 1], device const T *from, long row0, long rows, long stride, int width, Self self) {
  for (int n = (int)self.index; n < KEYS * width; n += (int)self.count) {
    int row = n / width, c = n % width;
    to[row][c] = row0 + row < rows ? load(from, (row0 + row) * stride + c) : 0.f;
  }
}

template <class T> void attention(constant AttentionArgs &args, Self self, threadgroup AttentionShared &shared) {
  int simdgroup = (int)self.index / 32, lane = (int)self.index % 32;
  long query0 = (long)self.group.x * QUERIES;
  long batch = self.group.y / args.heads, head = self.group.y % args.heads;
  device const T *q = (device const T *)args.q + batch * args.q_strides[0] + head * args.q_strides[2];
  device const T *k = (device const T *)args.k + batch * args.k_strides[0] + head / args.group * args.k_strides[2];
  device const T *v = (device const T *)args.v + batch * args.v_strides[0] + head / args.group * args.v_strides[2];
  for (int n = (int)self.index; n < QUERIES * args.width; n += (int)self.count) {
    int row = n / args.width, c = n % args.width;
    shared.q[row][c] = query0 + row < args.queries ? load(q, (query0 + row) * args.q_strides[1] + c) * args.scale : 0.f;
  }
  float m[EACH], l[EACH], acc[EACH][WIDEST / 32];
  for (int r = 0; r < EACH; r++) {
    m[r] = -INFINITE;
    l[r] = 0;
    for (int c = 0; c < WIDEST / 32; c++) acc[r][c] = 0;
  }
  // keys that no query of this threadgroup sees are not looked at
  long end = args.keys;
  if (args.causal_block) {
    long last = query0 + QUERIES - 1 < args.queries ? query0 + QUERIES - 1 : args.queries - 1;
    long seen = ((last + args.query_offset) / args.causal_block + 1) * args.causal_block;
    if (seen < end) end = seen;
  }
  for (long key0 = 0; key0 < end; key0 += KEYS) {
    // the values before are not needed any more; the first time, the queries are not either, but all wait below
    threadgroup_barrier(mem_flags::mem_threadgroup);
    bring(shared.tile, k, key0, args.keys, args.k_strides[1], args.width, self);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    long key = key0 + lane;
    float scores[EACH] = {};
    for (int c = 0; c < args.width; c++) {
      float kc = shared.tile[lane][c];
      for (int r = 0; r < EACH; r++) scores[r] = fma(shared.q[simdgroup * EACH + r][c], kc, scores[r]);
    }
    for (int r = 0; r < EACH; r++) {
      long query = query0 + simdgroup * EACH + r;
      float s = scores[r];
      bool seen = key < args.keys && query < args.queries;
      if (seen && args.bias) {
        long at = batch * args.bias_strides[0] + head * args.bias_strides[1] + query * args.bias_strides[2] + key * args.bias_strides[3];
        s += load((device const T *)args.bias, at);
      }
      if (seen && args.mask) {
        long at = batch * args.mask_strides[0] + head * args.mask_strides[1] + query * args.mask_strides[2] + key * args.mask_strides[3];
        seen = ((device const uchar *)args.mask)[at] != 0;
      }
      if (args.causal_block) seen = seen && key / args.causal_block <= (query + args.query_offset) / args.causal_block;
      if (!seen) s = -INFINITE;
      float most = larger(m[r], simd_larger(s));
      // while a query has seen no key, nothing is to be scaled or added
      float shift = most == -INFINITE ? 0.f : most;
      float p = precise::exp(s - shift), past = precise::exp(m[r] - shift);
      l[r] = l[r] * past + simd_sum(p);
      m[r] = most;
      for (int c = 0; c < WIDEST / 32; c++) acc[r][c] *= past;
      shared.p[lane][simdgroup][r] = p;
    }
    // all scores are there, and the keys are not needed any more
    threadgroup_barrier(mem_flags::mem_threadgroup);
    bring(shared.tile, v, key0, args.keys, args.v_strides[1], args.value_width, self);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (int j = 0; j < KEYS; j++) {
      float p[EACH];
      for (int r = 0; r < EACH; r++) p[r] = shared.p[j][simdgroup][r];
      for (int c = 0; c < WIDEST / 32; c++) {
        if (c * 32 + lane >= args.value_width) continue;
        float vc = shared.tile[j][c * 32 + lane];
        for (int r = 0; r < EACH; r++) acc[r][c] = fma(p[r], vc, acc[r][c]);
      }
    }
  }
  for (int r = 0; r < EACH; r++) {
    long query = query0 + simdgroup * EACH + r;
    if (query >= args.queries) continue;
    float inverse = l[r] == 0 ? 0.f : 1.f / l[r];
    device T *out = (device T *)args.out + ((batch * args.queries + query) * args.heads + head) * args.value_width;
    for (int c = 0; c < WIDEST / 32; c++) {
      if (c * 32 + lane < args.value_width) store(out, c * 32 + lane, acc[r][c] * inverse);
    }
    if (args.log_sum_exp && lane == 0)
      args.log_sum_exp[(batch * args.heads + head) * args.queries + query] = l[r] == 0 ? -INFINITE : m[r] + precise::log(l[r]);
  }
}
GROUP_KERNELS(attention, AttentionArgs, AttentionShared)
