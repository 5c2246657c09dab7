// Softmax and log-sum-exp along lines: the elements of line n begin at n / inner · size · inner + n % inner, `inner` apart.
#include "device.glsl"

layout(buffer_reference, scalar) readonly buffer SoftmaxArgs {
  i64 lines, size, inner;
  u64 x, y;
};
#define FOR_LINE(i, size) for (i64 i = i64(thread()); i < (size); i += threads())

// A block for each line, whose elements are neighbours.
void softmax(SoftmaxArgs args) {
  i64 begin = i64(block_x()) * args.size;
  float most = -INFINITE;
  FOR_LINE(i, args.size) most = larger(most, load(args.x, begin + i));
  most = block_max(most);
  float sum = 0.0;
  FOR_LINE(i, args.size) sum += exponential(load(args.x, begin + i) - most);
  sum = block_sum(sum);
  FOR_LINE(i, args.size) store(args.y, begin + i, exponential(load(args.x, begin + i) - most) / sum);
}

// A thread for each line, whose neighbours are other lines.
void softmax_across(SoftmaxArgs args) {
  FOR_ALL(n, args.lines) {
    i64 begin = quotient(n, args.inner) * args.size * args.inner + remainder(n, args.inner);
    float most = -INFINITE, sum = 0.0;
    for (i64 i = 0l; i < args.size; i++) most = larger(most, load(args.x, begin + i * args.inner));
    for (i64 i = 0l; i < args.size; i++) sum += exponential(load(args.x, begin + i * args.inner) - most);
    for (i64 i = 0l; i < args.size; i++)
      store(args.y, begin + i * args.inner, exponential(load(args.x, begin + i * args.inner) - most) / sum);
  }
}

// log Σ exp(x) of each line of neighbours, -∞ of nothing but -∞. A block for each line.
void log_sum_exp(SoftmaxArgs args) {
  i64 begin = i64(block_x()) * args.size;
  float most = -INFINITE;
  FOR_LINE(i, args.size) most = larger(most, load(args.x, begin + i));
  most = block_max(most);
  // an infinite maximum must not be subtracted from itself
  float shift = abs(most) == INFINITE ? 0.0 : most;
  float sum = 0.0;
  FOR_LINE(i, args.size) sum += exponential(load(args.x, begin + i) - shift);
  sum = block_sum(sum);
  if (thread() == 0u) store(args.y, i64(block_x()), logarithm(sum) + shift);
}

void main() {
  switch (KERNEL) {
    case SOFTMAX: softmax(SoftmaxArgs(launch.arguments)); break;
    case SOFTMAX_ACROSS: softmax_across(SoftmaxArgs(launch.arguments)); break;
    case LOG_SUM_EXP: log_sum_exp(SoftmaxArgs(launch.arguments)); break;
  }
}
