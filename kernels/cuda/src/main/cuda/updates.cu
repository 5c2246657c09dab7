// Steps of optimisers over all tensors of a model at once: AdamW (Loshchilov and Hutter 2019), moving averages, squared lengths, and
// the beginning and the end of Muon (Jordan et al. 2024). Everything contiguous and, but for Muon's directions, of one type.
//
// A table on the device names the tensors. Their elements are counted in chunks that one block takes at a time, so that a model
// with hundreds of small tensors keeps the device as busy as one large tensor.
#include "device.cuh"

#define CHUNK 4096

struct Row {
  // the chunk that its elements begin with
  i64 first;
  i64 count;
  void *at[6];
};
struct TableArgs {
  i64 rows, chunks;
  const Row *table;
};

// The last row that begins at a chunk or before it: one without elements is never the last.
DEVICE const Row &row_of(const TableArgs &args, i64 chunk) {
  i64 low = 0, high = args.rows - 1;
  while (low < high) {
    i64 middle = (low + high + 1) / 2;
    if (args.table[middle].first <= chunk) low = middle;
    else high = middle - 1;
  }
  return args.table[low];
}

// Four neighbours, which move as one where they lie at a multiple of their size.
template <class T> struct __attribute__((aligned(4 * sizeof(T)))) Four {
  T of[4];
};
template <class T> DEVICE bool lie_in_fours(const Row &row, int operands) {
  u64 all = 0;
  for (int i = 0; i < operands; i++) all |= (u64)row.at[i];
  return all % sizeof(Four<T>) == 0;
}

// Goes through the chunks of all tensors: `work` gets a row, an element and how many follow, of which it takes one or four.
template <class T, class Work> DEVICE void for_chunks(const TableArgs &args, int operands, const Work &work) {
  for (i64 chunk = blockIdx.x; chunk < args.chunks; chunk += gridDim.x) {
    const Row row = row_of(args, chunk);
    i64 begin = (chunk - row.first) * CHUNK, end = begin + CHUNK < row.count ? begin + CHUNK : row.count;
    i64 fours = lie_in_fours<T>(row, operands) ? (end - begin) / 4 : 0;
    for (i64 i = threadIdx.x; i < fours; i += blockDim.x) work.four(row, begin / 4 + i);
    for (i64 i = begin + fours * 4 + threadIdx.x; i < end; i += blockDim.x) work.one(row, i);
  }
}

struct AdamWArgs {
  TableArgs tables;
  // rate, c1, c2, factor of the gradient, and for averages what is kept and the rest
  const float *schedule;
  float beta1, one_less_beta1, beta2, one_less_beta2, eps, decay;
  i64 averaged;
};
// m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p (1 - rate · decay) - rate / c₁ · m / (sqrt(v) / c₂ + eps), then
// average ← kept · average + rest · p
template <class T> struct AdamW {
  const AdamWArgs &args;
  float rate, c1, c2, factor, kept, rest;
  DEVICE AdamW(const AdamWArgs &a) : args(a), rate(a.schedule[0]), c1(a.schedule[1]), c2(a.schedule[2]), factor(a.schedule[3]) {
    kept = a.averaged ? a.schedule[4] : 0.f;
    rest = a.averaged ? a.schedule[5] : 0.f;
  }
  DEVICE void move(T &p, T &m, T &v, T g) const {
    float x = wide(p), slope = wide(g) * factor;
    float first = wide(m) * args.beta1 + slope * args.one_less_beta1;
    float second = wide(v) * args.beta2 + slope * slope * args.one_less_beta2;
    store(&m, first);
    store(&v, second);
    store(&p, x - x * (rate * args.decay) - first / c1 / (sqrtf(second) / c2 + args.eps) * rate);
  }
  DEVICE void follow(T &average, T p) const { store(&average, wide(average) * kept + wide(p) * rest); }
  DEVICE void one(const Row &row, i64 i) const {
    T *p = (T *)row.at[0] + i;
    move(*p, ((T *)row.at[1])[i], ((T *)row.at[2])[i], ((const T *)row.at[3])[i]);
    if (args.averaged) follow(((T *)row.at[4])[i], *p);
  }
  DEVICE void four(const Row &row, i64 i) const {
    Four<T> p = ((Four<T> *)row.at[0])[i], m = ((Four<T> *)row.at[1])[i], v = ((Four<T> *)row.at[2])[i], average;
    Four<T> g = ((const Four<T> *)row.at[3])[i];
    if (args.averaged) average = ((Four<T> *)row.at[4])[i];
    UNROLL for (int k = 0; k < 4; k++) {
      move(p.of[k], m.of[k], v.of[k], g.of[k]);
      if (args.averaged) follow(average.of[k], p.of[k]);
    }
    ((Four<T> *)row.at[0])[i] = p;
    ((Four<T> *)row.at[1])[i] = m;
    ((Four<T> *)row.at[2])[i] = v;
    if (args.averaged) ((Four<T> *)row.at[4])[i] = average;
  }
};
template <class T> DEVICE void adamw_table(const AdamWArgs &args) {
  for_chunks<T>(args.tables, args.averaged ? 5 : 4, AdamW<T>(args));
}
FOR_FLOAT_TYPES(adamw_table, AdamWArgs, 256)

// average ← kept · average + rest · value
struct AverageArgs {
  TableArgs tables;
  float kept, rest;
};
template <class T> struct Average {
  const AverageArgs &args;
  DEVICE void mix(T &average, T value) const { store(&average, wide(average) * args.kept + wide(value) * args.rest); }
  DEVICE void one(const Row &row, i64 i) const { mix(((T *)row.at[0])[i], ((const T *)row.at[1])[i]); }
  DEVICE void four(const Row &row, i64 i) const {
    Four<T> average = ((Four<T> *)row.at[0])[i], value = ((const Four<T> *)row.at[1])[i];
    UNROLL for (int k = 0; k < 4; k++) mix(average.of[k], value.of[k]);
    ((Four<T> *)row.at[0])[i] = average;
  }
};
template <class T> DEVICE void moving_average_table(const AverageArgs &args) { for_chunks<T>(args.tables, 2, Average<T>{args}); }
FOR_FLOAT_TYPES(moving_average_table, AverageArgs, 256)

// The squares of each chunk summed up, in a fixed order.
struct LengthArgs {
  TableArgs tables;
  // for each chunk
  float *sums;
  // for each tensor
  float *out;
};
template <class T> DEVICE void squared_chunks(const LengthArgs &args) {
  SHARED(PerWarp, spare);
  for (i64 chunk = blockIdx.x; chunk < args.tables.chunks; chunk += gridDim.x) {
    const Row row = row_of(args.tables, chunk);
    i64 begin = (chunk - row.first) * CHUNK, end = begin + CHUNK < row.count ? begin + CHUNK : row.count;
    float sum = 0;
    for (i64 i = begin + threadIdx.x; i < end; i += blockDim.x) {
      float x = wide(((const T *)row.at[0])[i]);
      sum = fmaf(x, x, sum);
    }
    sum = block_sum(sum, spare);
    if (threadIdx.x == 0) args.sums[chunk] = sum;
  }
}
FOR_FLOAT_TYPES(squared_chunks, LengthArgs, 256)

// and those of each tensor, by a warp
KERNEL(squared_lengths, LengthArgs, 32) {
  const Row &row = args.tables.table[blockIdx.x];
  i64 chunks = (row.count + CHUNK - 1) / CHUNK;
  float sum = 0;
  for (i64 i = threadIdx.x; i < chunks; i += 32) sum += args.sums[row.first + i];
  sum = warp_sum(sum);
  if (threadIdx.x == 0) args.out[blockIdx.x] = sum;
}

// Muon's momentum, and what is made orthogonal: m ← β m + g', x = β m + g' with g' = factor · g. All f32; the rows name x, m, g, p.
struct MuonArgs {
  TableArgs tables;
  // rate, factor of the gradients
  const float *schedule;
  float beta, decay, stretch, unused;
};
struct Momentum {
  const MuonArgs &args;
  float factor;
  DEVICE void move(float &x, float &m, float g) const {
    m = m * args.beta + g * factor;
    x = m * args.beta + g * factor;
  }
  DEVICE void one(const Row &row, i64 i) const { move(((float *)row.at[0])[i], ((float *)row.at[1])[i], ((const float *)row.at[2])[i]); }
  DEVICE void four(const Row &row, i64 i) const {
    Four<float> x, m = ((Four<float> *)row.at[1])[i], g = ((const Four<float> *)row.at[2])[i];
    UNROLL for (int k = 0; k < 4; k++) move(x.of[k], m.of[k], g.of[k]);
    ((Four<float> *)row.at[0])[i] = x;
    ((Four<float> *)row.at[1])[i] = m;
  }
};
KERNEL(muon_momentum, MuonArgs, 256) { for_chunks<float>(args.tables, 3, Momentum{args, args.schedule[1]}); }

// p ← p (1 - rate · decay) - rate · stretch · x
struct Turned {
  const MuonArgs &args;
  float rate;
  DEVICE float moved(float p, float x) const { return p - p * (rate * args.decay) - x * (rate * args.stretch); }
  DEVICE void one(const Row &row, i64 i) const {
    float *p = (float *)row.at[3] + i;
    *p = moved(*p, ((const float *)row.at[0])[i]);
  }
  DEVICE void four(const Row &row, i64 i) const {
    Four<float> p = ((Four<float> *)row.at[3])[i], x = ((const Four<float> *)row.at[0])[i];
    UNROLL for (int k = 0; k < 4; k++) p.of[k] = moved(p.of[k], x.of[k]);
    ((Four<float> *)row.at[3])[i] = p;
  }
};
KERNEL(muon_apply, MuonArgs, 256) { for_chunks<float>(args.tables, 4, Turned{args, args.schedule[0]}); }
