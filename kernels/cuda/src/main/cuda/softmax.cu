// Softmax and log-sum-exp along lines: the elements of line n begin at n / inner · size · inner + n % inner, `inner` apart.
#include "device.cuh"

struct SoftmaxArgs {
  i64 lines, size, inner;
  const void *x;
  void *y;
};
struct SoftmaxShared {
  PerWarp spare;
};

// A block for each line, whose elements are neighbours.
template <class T> DEVICE void softmax(const SoftmaxArgs &args) {
  SHARED(SoftmaxShared, shared);
  const T *x = (const T *)args.x + blockIdx.x * args.size;
  T *y = (T *)args.y + blockIdx.x * args.size;
  float most = -INFINITE;
  for (i64 i = threadIdx.x; i < args.size; i += blockDim.x) most = larger(most, wide(x[i]));
  most = block_max(most, shared.spare);
  float sum = 0;
  for (i64 i = threadIdx.x; i < args.size; i += blockDim.x) sum += expf(wide(x[i]) - most);
  sum = block_sum(sum, shared.spare);
  for (i64 i = threadIdx.x; i < args.size; i += blockDim.x) store(y + i, expf(wide(x[i]) - most) / sum);
}
FOR_FLOAT_TYPES(softmax, SoftmaxArgs, 256)

// A thread for each line, whose neighbours are other lines.
template <class T> DEVICE void softmax_across(const SoftmaxArgs &args) {
  for (i64 n = thread_index(); n < args.lines; n += thread_count()) {
    i64 begin = n / args.inner * args.size * args.inner + n % args.inner;
    const T *x = (const T *)args.x + begin;
    T *y = (T *)args.y + begin;
    float most = -INFINITE, sum = 0;
    for (i64 i = 0; i < args.size; i++) most = larger(most, wide(x[i * args.inner]));
    for (i64 i = 0; i < args.size; i++) sum += expf(wide(x[i * args.inner]) - most);
    for (i64 i = 0; i < args.size; i++) store(y + i * args.inner, expf(wide(x[i * args.inner]) - most) / sum);
  }
}
FOR_FLOAT_TYPES(softmax_across, SoftmaxArgs, 256)

// log Σ exp(x) of each line of neighbours, -∞ of nothing but -∞. A block for each line.
template <class T> DEVICE void log_sum_exp(const SoftmaxArgs &args) {
  SHARED(SoftmaxShared, shared);
  const T *x = (const T *)args.x + blockIdx.x * args.size;
  float most = -INFINITE;
  for (i64 i = threadIdx.x; i < args.size; i += blockDim.x) most = larger(most, wide(x[i]));
  most = block_max(most, shared.spare);
  // an infinite maximum must not be subtracted from itself
  float shift = fabsf(most) == INFINITE ? 0.f : most;
  float sum = 0;
  for (i64 i = threadIdx.x; i < args.size; i += blockDim.x) sum += expf(wide(x[i]) - shift);
  sum = block_sum(sum, shared.spare);
  if (threadIdx.x == 0) store((T *)args.y + blockIdx.x, logf(sum) + shift);
}
FOR_FLOAT_TYPES(log_sum_exp, SoftmaxArgs, 256)
