// Softmax and log-sum-exp along lines: the elements of line n begin at n / inner · size · inner + n % inner, `inner` apart.

struct SoftmaxArgs {
  long lines, size, inner;
  device const void *x;
  device void *y;
};

// A threadgroup for each line, whose elements are neighbours.
template <class T> void softmax(constant SoftmaxArgs &args, Self self, threadgroup PerSimdgroup &spare) {
  device const T *x = (device const T *)args.x + self.group.x * args.size;
  device T *y = (device T *)args.y + self.group.x * args.size;
  float most = -INFINITE;
  for (long i = self.index; i < args.size; i += self.count) most = larger(most, load(x, i));
  most = group_larger(most, self, spare);
  float sum = 0;
  for (long i = self.index; i < args.size; i += self.count) sum += precise::exp(load(x, i) - most);
  sum = group_sum(sum, self, spare);
  for (long i = self.index; i < args.size; i += self.count) store(y, i, precise::exp(load(x, i) - most) / sum);
}
GROUP_KERNELS(softmax, SoftmaxArgs, PerSimdgroup)

// A thread for each line, whose neighbours are other lines.
template <class T> void softmax_across(constant SoftmaxArgs &args, Self self) {
  for (long n = first_of(self); n < args.lines; n += stride_of(self)) {
    long begin = n / args.inner * args.size * args.inner + n % args.inner;
    device const T *x = (device const T *)args.x + begin;
    device T *y = (device T *)args.y + begin;
    float most = -INFINITE, sum = 0;
    for (long i = 0; i < args.size; i++) most = larger(most, load(x, i * args.inner));
    for (long i = 0; i < args.size; i++) sum += precise::exp(load(x, i * args.inner) - most);
    for (long i = 0; i < args.size; i++) store(y, i * args.inner, precise::exp(load(x, i * args.inner) - most) / sum);
  }
}
KERNELS(softmax_across, SoftmaxArgs)

// log Σ exp(x) of each line of neighbours, -∞ of nothing but -∞. A threadgroup for each line.
template <class T> void log_sum_exp(constant SoftmaxArgs &args, Self self, threadgroup PerSimdgroup &spare) {
  device const T *x = (device const T *)args.x + self.group.x * args.size;
  float most = -INFINITE;
  for (long i = self.index; i < args.size; i += self.count) most = larger(most, load(x, i));
  most = group_larger(most, self, spare);
  // an infinite maximum must not be subtracted from itself
  float shift = fabs(most) == INFINITE ? 0.f : most;
  float sum = 0;
  for (long i = self.index; i < args.size; i += self.count) sum += precise::exp(load(x, i) - shift);
  sum = group_sum(sum, self, spare);
  if (self.index == 0) store((device T *)args.y, self.group.x, precise::log(sum) + shift);
}
GROUP_KERNELS(log_sum_exp, SoftmaxArgs, PerSimdgroup)
