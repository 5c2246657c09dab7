// Attention forward on the matrix units, for bf16 and f16, without a bias or a mask: an online softmax over tiles of keys, sums and
// softmax in f32.
//
// A threadgroup takes 64 queries, 32 after 32, 8 for each of 4 simdgroups, which hold them in registers. 32 keys at a time are in
// shared memory, and after them, at the same place, their values. What a simdgroup's queries give to the keys goes through shared
// memory, where the four lanes of a query can look at its scores; what was summed before is rescaled by a product with a diagonal
// matrix, so that nobody needs to know which lane has which number. bf16 is widened, since units for it came later.

constant constexpr int QUERIES = 64;
constant constexpr int SIMDGROUPS = 4;
constant constexpr int EACH = 8;
constant constexpr int KEYS = 32;
// queries of all simdgroups at once take the place of the keys
constant constexpr int AT_ONCE = SIMDGROUPS * EACH;

struct AttentionArgs {
  device const void *q, *k, *v, *bias, *mask;
  device void *out;
  // [B, h, Nq], or null
  device float *log_sum_exp;
  long queries, keys;
  // strides of B, N, h; the width's is 1
  long q_strides[3], k_strides[3], v_strides[3];
  // of a bias and a mask, which there are none
  long bias_strides[4], mask_strides[4];
  long causal_block, query_offset;
  int heads, group, width, value_width;
  float scale;
  int unused;
};
template <class Tile, int widest> struct NarrowShared {
  // queries, keys or values; rows 16 bytes longer than their numbers, so that the rows of a product lie in different banks
  Tile tile[KEYS][widest + 16 / sizeof(Tile)];
  float scores[SIMDGROUPS][EACH][KEYS + 4];
  Tile shares[SIMDGROUPS][EACH][KEYS + 16 / sizeof(Tile)];
  float rescale[SIMDGROUPS][EACH][EACH];
};

void bring_four(threadgroup half *to, device const half *from) { *(threadgroup half4 *)to = *(device const half4 *)from; }
void bring_four(threadgroup float *to, device const bf16 *from) {
  ushort4 four = *(device const ushort4 *)from;
  for (int i = 0; i < 4; i++) to[i] = float_of_bf16(four[i]);
}

// 32 rows of a head, zeros where there are none.
template <class Tile, int widest, class T>
void bring(threadgroup Tile (*to)[widest + 16 / sizeof(Tile)], device const T *from, long row0, long rows, long stride, int width, Self self) {
  for (int n = (int)self.index; n < KEYS * width / 4; n += (int)self.count) {
    int row = n / (width / 4), c = n % (width / 4) * 4;
    if (row0 + row < rows) {
      bring_four(&to[row][c], from + (row0 + row) * stride + c);
    } else {
      for (int i = 0; i < 4; i++) to[row][c + i] = 0;
    }
  }
}

template <class T, class Tile, int widest>
void narrow_attention(constant AttentionArgs &args, Self self, threadgroup NarrowShared<Tile, widest> &shared) {
  const int pitch = widest + 16 / sizeof(Tile), share_pitch = KEYS + 16 / sizeof(Tile);
  int simdgroup = (int)self.index / 32, lane = (int)self.index % 32;
  // of its query, a lane looks at 8 neighbouring scores
  int row = lane / 4, part = lane % 4;
  long batch = self.group.y / args.heads, head = self.group.y % args.heads;
  device const T *q = (device const T *)args.q + batch * args.q_strides[0] + head * args.q_strides[2];
  device const T *k = (device const T *)args.k + batch * args.k_strides[0] + head / args.group * args.k_strides[2];
  device const T *v = (device const T *)args.v + batch * args.v_strides[0] + head / args.group * args.v_strides[2];
  for (long query0 = (long)self.group.x * QUERIES; query0 < (long)(self.group.x + 1) * QUERIES && query0 < args.queries; query0 += AT_ONCE) {
    // the values before are not needed any more
    threadgroup_barrier(mem_flags::mem_threadgroup);
    bring<Tile, widest>(shared.tile, q, query0, args.queries, args.q_strides[1], args.width, self);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    simdgroup_matrix<Tile, 8, 8> queries[widest / 8];
    simdgroup_float8x8 acc[widest / 8];
    for (int c = 0; c < widest / 8; c++) {
      if (c * 8 < args.width) simdgroup_load(queries[c], &shared.tile[simdgroup * EACH][c * 8], pitch);
      acc[c] = simdgroup_float8x8(0);
    }
    float m = -INFINITE, l = 0;
    long query = query0 + simdgroup * EACH + row;
    // keys that none of these queries sees are not looked at
    long end = args.keys;
    if (args.causal_block) {
      long last = query0 + AT_ONCE - 1 < args.queries ? query0 + AT_ONCE - 1 : args.queries - 1;
      long seen = ((last + args.query_offset) / args.causal_block + 1) * args.causal_block;
      if (seen < end) end = seen;
    }
    for (long key0 = 0; key0 < end; key0 += KEYS) {
      // the values before, or the queries, are not needed any more
      threadgroup_barrier(mem_flags::mem_threadgroup);
      bring<Tile, widest>(shared.tile, k, key0, args.keys, args.k_strides[1], args.width, self);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      for (int j = 0; j < KEYS / 8; j++) {
        simdgroup_float8x8 s(0);
        for (int c = 0; c < widest / 8 && c * 8 < args.width; c++) {
          simdgroup_matrix<Tile, 8, 8> keys;
          simdgroup_load(keys, &shared.tile[j * 8][c * 8], pitch, ulong2(0), true);
          simdgroup_multiply_accumulate(s, queries[c], keys, s);
        }
        simdgroup_store(s, &shared.scores[simdgroup][0][j * 8], KEYS + 4);
      }
      simdgroup_barrier(mem_flags::mem_threadgroup);
      float s[KEYS / 4], most = m;
      for (int i = 0; i < KEYS / 4; i++) {
        long key = key0 + part * (KEYS / 4) + i;
        bool seen = key < args.keys && query < args.queries;
        if (args.causal_block) seen = seen && key / args.causal_block <= (query + args.query_offset) / args.causal_block;
        s[i] = seen ? shared.scores[simdgroup][row][part * (KEYS / 4) + i] * args.scale : -INFINITE;
        most = larger(most, s[i]);
      }
      most = larger(most, swapped(most, 1));
      most = larger(most, swapped(most, 2));
      // while a query has seen no key, nothing is to be scaled or added
      float shift = most == -INFINITE ? 0.f : most, past = precise::exp(m - shift), sum = 0;
      for (int i = 0; i < KEYS / 4; i++) {
        float p = precise::exp(s[i] - shift);
        sum += p;
        shared.shares[simdgroup][row][part * (KEYS / 4) + i] = (Tile)p;
      }
      sum += swapped(sum, 1);
      sum += swapped(sum, 2);
      l = l * past + sum;
      m = most;
      for (int i = 0; i < 2; i++) shared.rescale[simdgroup][row][part * 2 + i] = part * 2 + i == row ? past : 0.f;
      // all scores are there, and the keys are not needed any more
      threadgroup_barrier(mem_flags::mem_threadgroup);
      bring<Tile, widest>(shared.tile, v, key0, args.keys, args.v_strides[1], args.value_width, self);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      simdgroup_float8x8 rescale;
      simdgroup_load(rescale, &shared.rescale[simdgroup][0][0], EACH);
      simdgroup_matrix<Tile, 8, 8> shares[KEYS / 8];
      for (int j = 0; j < KEYS / 8; j++) simdgroup_load(shares[j], &shared.shares[simdgroup][0][j * 8], share_pitch);
      for (int c = 0; c < widest / 8 && c * 8 < args.value_width; c++) {
        simdgroup_float8x8 sum_before = acc[c];
        simdgroup_multiply_accumulate(acc[c], rescale, sum_before, simdgroup_float8x8(0));
        for (int j = 0; j < KEYS / 8; j++) {
          simdgroup_matrix<Tile, 8, 8> values;
          simdgroup_load(values, &shared.tile[j * 8][c * 8], pitch);
          simdgroup_multiply_accumulate(acc[c], shares[j], values, acc[c]);
        }
      }
    }
    float inverse = l == 0 ? 0.f : 1.f / l;
    device T *out = (device T *)args.out + ((batch * args.queries + query) * args.heads + head) * args.value_width;
    for (int c = 0; c < widest / 8 && c * 8 < args.value_width; c++) {
      simdgroup_store(acc[c], &shared.scores[simdgroup][0][0], KEYS + 4);
      simdgroup_barrier(mem_flags::mem_threadgroup);
      for (int i = 0; i < 2; i++) {
        if (query < args.queries) store(out, c * 8 + part * 2 + i, shared.scores[simdgroup][row][part * 2 + i] * inverse);
      }
      // before the next columns take this place
      simdgroup_barrier(mem_flags::mem_threadgroup);
    }
    if (args.log_sum_exp && part == 0 && query < args.queries)
      args.log_sum_exp[(batch * args.heads + head) * args.queries + query] = l == 0 ? -INFINITE : m + precise::log(l);
  }
}
#define NARROW_ATTENTION(name, T, Tile, widest) \
  typedef NarrowShared<Tile, widest> name##_shared; \
  GROUP_KERNEL(name, AttentionArgs, name##_shared, narrow_attention<T, Tile, widest>)
NARROW_ATTENTION(narrow_attention_64_f16, half, half, 64)
NARROW_ATTENTION(narrow_attention_64_bf16, bf16, float, 64)
NARROW_ATTENTION(narrow_attention_128_f16, half, half, 128)
NARROW_ATTENTION(narrow_attention_128_bf16, bf16, float, 128)
