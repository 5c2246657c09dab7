// Normalisations; statistics in f32. One block for each row, x [rows, width] contiguous.
#include "device.cuh"

struct NormArgs {
  i64 rows, width;
  const void *x, *w, *b;
  void *y;
  // kept for the gradient where they are wanted
  float *means, *inverses;
  float eps;
  int rank;
  // of a modulated norm, where the rows of shift and scale lie: strides by the row's index along each axis, and along the width
  Axes sizes, shift_strides, scale_strides;
  i64 shift_step, scale_step;
};
struct NormShared {
  PerWarp spare;
};

struct Statistics {
  float mean, inverse;
};
template <class T> DEVICE Statistics layer_statistics(const T *x, i64 width, float eps, PerWarp &spare) {
  float sum = 0;
  for (i64 i = threadIdx.x; i < width; i += blockDim.x) sum += wide(x[i]);
  float mean = block_sum(sum, spare) / (float)width;
  sum = 0;
  for (i64 i = threadIdx.x; i < width; i += blockDim.x) {
    float d = wide(x[i]) - mean;
    sum += d * d;
  }
  return {mean, 1.f / sqrtf(block_sum(sum, spare) / (float)width + eps)};
}
DEVICE void keep(const NormArgs &args, i64 row, Statistics s) {
  if (threadIdx.x != 0) return;
  if (args.means) args.means[row] = s.mean;
  if (args.inverses) args.inverses[row] = s.inverse;
}

// y = (x - mean) · inverse · w + b
template <class T> DEVICE void layer_norm(const NormArgs &args) {
  SHARED(NormShared, shared);
  i64 row = blockIdx.x;
  const T *x = (const T *)args.x + row * args.width, *w = (const T *)args.w, *b = (const T *)args.b;
  T *y = (T *)args.y + row * args.width;
  Statistics s = layer_statistics(x, args.width, args.eps, shared.spare);
  for (i64 i = threadIdx.x; i < args.width; i += blockDim.x) {
    float n = (wide(x[i]) - s.mean) * s.inverse;
    store(y + i, w ? n * wide(w[i]) + wide(b[i]) : n);
  }
  keep(args, row, s);
}
FOR_FLOAT_TYPES(layer_norm, NormArgs, 256)

// y = (x - mean) · inverse · (1 + scale) + shift, `b` the shift and `w` the scale
template <class T> DEVICE void modulated_layer_norm(const NormArgs &args) {
  SHARED(NormShared, shared);
  i64 row = blockIdx.x;
  const T *x = (const T *)args.x + row * args.width;
  const T *scale = (const T *)args.w + place(row, args.rank, args.sizes, args.scale_strides);
  const T *shift = (const T *)args.b + place(row, args.rank, args.sizes, args.shift_strides);
  T *y = (T *)args.y + row * args.width;
  Statistics s = layer_statistics(x, args.width, args.eps, shared.spare);
  for (i64 i = threadIdx.x; i < args.width; i += blockDim.x)
    store(y + i, (wide(x[i]) - s.mean) * s.inverse * (1.f + wide(scale[i * args.scale_step])) + wide(shift[i * args.shift_step]));
  keep(args, row, s);
}
FOR_FLOAT_TYPES(modulated_layer_norm, NormArgs, 256)

// y = x · inverse · w
template <class T> DEVICE void rms_norm(const NormArgs &args) {
  SHARED(NormShared, shared);
  i64 row = blockIdx.x;
  const T *x = (const T *)args.x + row * args.width, *w = (const T *)args.w;
  T *y = (T *)args.y + row * args.width;
  float sum = 0;
  for (i64 i = threadIdx.x; i < args.width; i += blockDim.x) sum += wide(x[i]) * wide(x[i]);
  float inverse = 1.f / sqrtf(block_sum(sum, shared.spare) / (float)args.width + args.eps);
  for (i64 i = threadIdx.x; i < args.width; i += blockDim.x) store(y + i, wide(x[i]) * inverse * wide(w[i]));
  keep(args, row, {0, inverse});
}
FOR_FLOAT_TYPES(rms_norm, NormArgs, 256)

// dx = inverse · (g - mean(g) - n · mean(g n)) with n = (x - mean) · inverse; of a root mean square norm the means of x and g count
// as 0. `w` is g, `y` is dx.
template <class T> DEVICE void norm_backward(const NormArgs &args) {
  SHARED(NormShared, shared);
  i64 row = blockIdx.x;
  const T *x = (const T *)args.x + row * args.width, *g = (const T *)args.w + row * args.width;
  T *dx = (T *)args.y + row * args.width;
  float mean = args.means ? args.means[row] : 0.f, inverse = args.inverses[row];
  float sum = 0, sum_n = 0;
  for (i64 i = threadIdx.x; i < args.width; i += blockDim.x) {
    sum += wide(g[i]);
    sum_n += wide(g[i]) * (wide(x[i]) - mean) * inverse;
  }
  float mean_g = args.means ? block_sum(sum, shared.spare) / (float)args.width : 0.f;
  float mean_gn = block_sum(sum_n, shared.spare) / (float)args.width;
  for (i64 i = threadIdx.x; i < args.width; i += blockDim.x)
    store(dx + i, inverse * (wide(g[i]) - mean_g - (wide(x[i]) - mean) * inverse * mean_gn));
}
FOR_FLOAT_TYPES(norm_backward, NormArgs, 256)

// Over the channels of each position, x [N, C, inner]: y = x / max(‖x‖, 1e-12) · sqrt(C) · w. Neighbouring threads have
// neighbouring positions.
struct ChannelArgs {
  i64 positions, channels, inner;
  const void *x, *w, *b;
  void *y;
  i64 groups;
  float eps;
  int unused;
};
template <class T> DEVICE void channel_norm(const ChannelArgs &args) {
  for (i64 n = thread_index(); n < args.positions; n += thread_count()) {
    i64 begin = n / args.inner * args.channels * args.inner + n % args.inner;
    const T *x = (const T *)args.x + begin, *w = (const T *)args.w;
    T *y = (T *)args.y + begin;
    float sum = 0;
    for (i64 c = 0; c < args.channels; c++) sum += wide(x[c * args.inner]) * wide(x[c * args.inner]);
    float scale = sqrtf((float)args.channels) / sqrtf(larger(sum, 1e-24f));
    for (i64 c = 0; c < args.channels; c++) store(y + c * args.inner, wide(x[c * args.inner]) * scale * wide(w[c]));
  }
}
FOR_FLOAT_TYPES(channel_norm, ChannelArgs, 256)

// Over groups of channels and all of space: a block for each of the N · groups. x [N, C, inner].
template <class T> DEVICE void group_norm(const ChannelArgs &args) {
  SHARED(NormShared, shared);
  i64 share = args.channels / args.groups, width = share * args.inner;
  const T *x = (const T *)args.x + blockIdx.x * width, *w = (const T *)args.w, *b = (const T *)args.b;
  T *y = (T *)args.y + blockIdx.x * width;
  Statistics s = layer_statistics(x, width, args.eps, shared.spare);
  i64 first = blockIdx.x % args.groups * share;
  for (i64 i = threadIdx.x; i < width; i += blockDim.x) {
    i64 c = first + i / args.inner;
    store(y + i, (wide(x[i]) - s.mean) * s.inverse * wide(w[c]) + wide(b[c]));
  }
}
FOR_FLOAT_TYPES(group_norm, ChannelArgs, 256)
