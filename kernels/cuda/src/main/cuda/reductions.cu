// Reductions over any axes, and scans along one: sum, max, min, arg max, running sum, sort. Sums of narrow floats run in f32,
// of integers in 64 bits.
#include "device.cuh"

enum Join { SUM, MAX, MIN };
struct ReduceArgs {
  i64 outputs, terms;
  const void *in;
  void *out;
  int type, join;
  int is_whole, kept_rank;
  i64 reduced_rank;
  Axes kept_sizes, kept_strides, reduced_sizes, reduced_strides;
};
DEVICE float join(float a, float b, int how) { return how == SUM ? a + b : how == MAX ? larger(a, b) : smaller(a, b); }
DEVICE i64 join(i64 a, i64 b, int how) { return how == SUM ? (i64)((u64)a + (u64)b) : how == MAX ? (a > b ? a : b) : a < b ? a : b; }
DEVICE float neutral(float, int how) { return how == SUM ? 0.f : how == MAX ? -INFINITE : INFINITE; }
DEVICE i64 neutral(i64, int how) { return how == SUM ? 0 : how == MAX ? -0x7fffffffffffffffLL - 1 : 0x7fffffffffffffffLL; }
DEVICE float load(const void *p, int type, i64 i, float) { return load_real(p, type, i); }
DEVICE i64 load(const void *p, int type, i64 i, i64) { return load_whole(p, type, i); }
DEVICE void keep(void *p, int type, i64 i, float x) { store_real(p, type, i, x); }
DEVICE void keep(void *p, int type, i64 i, i64 x) { store_whole(p, type, i, x, false); }

// a thread for each result
template <class T> DEVICE void reduce_short(const ReduceArgs &args) {
  for (i64 o = thread_index(); o < args.outputs; o += thread_count()) {
    i64 begin = place(o, args.kept_rank, args.kept_sizes, args.kept_strides);
    T all = neutral(T(), args.join);
    for (i64 k = 0; k < args.terms; k++) {
      i64 at = begin + place(k, (int)args.reduced_rank, args.reduced_sizes, args.reduced_strides);
      all = join(all, load(args.in, args.type, at, T()), args.join);
    }
    keep(args.out, args.type, o, all);
  }
}
KERNEL(reduce_short, ReduceArgs, 256) {
  if (args.is_whole) reduce_short<i64>(args);
  else reduce_short<float>(args);
}

// a block for each result
template <class T> struct ReduceShared {
  T of[8];
};
template <class T> DEVICE void reduce_long(const ReduceArgs &args) {
  SHARED(ReduceShared<T>, shared);
  i64 begin = place(blockIdx.x, args.kept_rank, args.kept_sizes, args.kept_strides);
  T all = neutral(T(), args.join);
  for (i64 k = threadIdx.x; k < args.terms; k += blockDim.x) {
    i64 at = begin + place(k, (int)args.reduced_rank, args.reduced_sizes, args.reduced_strides);
    all = join(all, load(args.in, args.type, at, T()), args.join);
  }
  for (int mask = 16; mask > 0; mask >>= 1) all = join(all, warp_xor(all, mask), args.join);
  if (threadIdx.x % 32 == 0) shared.of[threadIdx.x / 32] = all;
  BARRIER();
  if (threadIdx.x == 0) {
    for (int warp = 1; warp < blockDim.x / 32; warp++) all = join(all, shared.of[warp], args.join);
    keep(args.out, args.type, blockIdx.x, all);
  }
}
KERNEL(reduce_long, ReduceArgs, 256) {
  if (args.is_whole) reduce_long<i64>(args);
  else reduce_long<float>(args);
}

// Lines along an axis of a contiguous tensor: line n begins at n / inner · size · inner + n % inner, its elements `inner` apart.
struct LineArgs {
  i64 lines, size, inner;
  const void *in;
  void *out;
  i64 *places;
  int type, is_whole;
  // of a running sum, whether it runs from the end; of a sort, whether the largest comes first
  i64 reverse;
};
DEVICE i64 line_begin(const LineArgs &args, i64 line) { return line / args.inner * args.size * args.inner + line % args.inner; }

KERNEL(arg_max, LineArgs, 256) {
  for (i64 line = thread_index(); line < args.lines; line += thread_count()) {
    i64 begin = line_begin(args, line), best = 0;
    for (i64 k = 1; k < args.size; k++) {
      i64 at = begin + k * args.inner, top = begin + best * args.inner;
      if (args.is_whole) {
        if (load_whole(args.in, args.type, at) > load_whole(args.in, args.type, top)) best = k;
      } else {
        float x = load_real(args.in, args.type, at), most = load_real(args.in, args.type, top);
        if (x > most || (is_nan(x) && !is_nan(most))) best = k;
      }
    }
    args.places[line] = best;
  }
}

KERNEL(cumulative_sum, LineArgs, 256) {
  for (i64 line = thread_index(); line < args.lines; line += thread_count()) {
    i64 begin = line_begin(args, line);
    float sum = 0;
    u64 whole = 0;
    for (i64 k = 0; k < args.size; k++) {
      i64 at = begin + (args.reverse ? args.size - 1 - k : k) * args.inner;
      if (args.is_whole) store_whole(args.out, args.type, at, (i64)(whole += (u64)load_whole(args.in, args.type, at)), false);
      else store_real(args.out, args.type, at, sum += load_real(args.in, args.type, at));
    }
  }
}

// Each element counts those that come before it, so that equal ones keep their order; NaN is largest. The work is the square of
// the axis: for axes of a few thousand.
DEVICE int compare(const LineArgs &args, i64 a, i64 b) {
  if (args.is_whole) {
    i64 x = load_whole(args.in, args.type, a), y = load_whole(args.in, args.type, b);
    return (x > y) - (x < y);
  }
  float x = load_real(args.in, args.type, a), y = load_real(args.in, args.type, b);
  return x < y ? -1 : x > y ? 1 : (int)is_nan(x) - (int)is_nan(y);
}
KERNEL(sort, LineArgs, 256) {
  for (i64 i = thread_index(); i < args.lines * args.size; i += thread_count()) {
    i64 begin = line_begin(args, i / args.size), own = i % args.size, before = 0;
    for (i64 k = 0; k < args.size; k++) {
      int order = compare(args, begin + k * args.inner, begin + own * args.inner);
      if (args.reverse) order = -order;
      before += order < 0 || (order == 0 && k < own);
    }
    i64 from = begin + own * args.inner, to = begin + before * args.inner;
    if (args.is_whole) store_whole(args.out, args.type, to, load_whole(args.in, args.type, from), false);
    else store_real(args.out, args.type, to, load_real(args.in, args.type, from));
    args.places[to] = own;
  }
}
