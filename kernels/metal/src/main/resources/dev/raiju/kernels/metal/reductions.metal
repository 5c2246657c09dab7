// Reductions over any axes, and scans along one: sum, max, min, arg max, running sum, sort. Sums of narrow floats run in f32,
// of integers in 64 bits.

enum Join { SUM, MAX, MIN };
struct ReduceArgs {
  long outputs, terms;
  device const void *in;
  device void *out;
  int type, how;
  int is_whole, kept_rank;
  long reduced_rank;
  Axes kept_sizes, kept_strides, reduced_sizes, reduced_strides;
};
float join(float a, float b, int how) { return how == SUM ? a + b : how == MAX ? larger(a, b) : smaller(a, b); }
long join(long a, long b, int how) { return how == SUM ? (long)((ulong)a + (ulong)b) : how == MAX ? (a > b ? a : b) : a < b ? a : b; }
float neutral(float, int how) { return how == SUM ? 0.f : how == MAX ? -INFINITE : INFINITE; }
long neutral(long, int how) { return how == SUM ? 0 : how == MAX ? LEAST_LONG : MOST_LONG; }
float take(device const void *p, int type, long i, float) { return load_real(p, type, i); }
long take(device const void *p, int type, long i, long) { return load_whole(p, type, i); }
void keep(device void *p, int type, long i, float x) { store_real(p, type, i, x); }
void keep(device void *p, int type, long i, long x) { store_whole(p, type, i, x, false); }

// a thread for each result
template <class T> void short_lines(constant ReduceArgs &args, Self self) {
  for (long o = first_of(self); o < args.outputs; o += stride_of(self)) {
    long begin = place(o, args.kept_rank, args.kept_sizes, args.kept_strides);
    T all = neutral(T(0), args.how);
    for (long k = 0; k < args.terms; k++) {
      long at = begin + place(k, (int)args.reduced_rank, args.reduced_sizes, args.reduced_strides);
      all = join(all, take(args.in, args.type, at, T(0)), args.how);
    }
    keep(args.out, args.type, o, all);
  }
}
void short_reduction(constant ReduceArgs &args, Self self) {
  if (args.is_whole) short_lines<long>(args, self);
  else short_lines<float>(args, self);
}
KERNEL(reduce_short, ReduceArgs, short_reduction)

// a threadgroup for each result
struct ReduceShared {
  long wholes[8];
  float reals[8];
};
template <class T> void long_line(constant ReduceArgs &args, Self self, threadgroup T *shared) {
  long begin = place(self.group.x, args.kept_rank, args.kept_sizes, args.kept_strides);
  T all = neutral(T(0), args.how);
  for (long k = self.index; k < args.terms; k += self.count) {
    long at = begin + place(k, (int)args.reduced_rank, args.reduced_sizes, args.reduced_strides);
    all = join(all, take(args.in, args.type, at, T(0)), args.how);
  }
  for (ushort mask = 16; mask > 0; mask >>= 1) all = join(all, swapped(all, mask), args.how);
  if (self.index % 32 == 0) shared[self.index / 32] = all;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (self.index == 0) {
    for (uint i = 1; i < self.count / 32; i++) all = join(all, shared[i], args.how);
    keep(args.out, args.type, self.group.x, all);
  }
}
void long_reduction(constant ReduceArgs &args, Self self, threadgroup ReduceShared &shared) {
  if (args.is_whole) long_line<long>(args, self, shared.wholes);
  else long_line<float>(args, self, shared.reals);
}
GROUP_KERNEL(reduce_long, ReduceArgs, ReduceShared, long_reduction)

// Lines along an axis of a contiguous tensor: line n begins at n / inner · size · inner + n % inner, its elements `inner` apart.
struct LineArgs {
  long lines, size, inner;
  device const void *in;
  device void *out;
  device long *places;
  int type, is_whole;
  // of a running sum, whether it runs from the end; of a sort, whether the largest comes first
  long reverse;
};
long line_begin(constant LineArgs &args, long line) { return line / args.inner * args.size * args.inner + line % args.inner; }

void largest_place(constant LineArgs &args, Self self) {
  for (long line = first_of(self); line < args.lines; line += stride_of(self)) {
    long begin = line_begin(args, line), best = 0;
    for (long k = 1; k < args.size; k++) {
      long at = begin + k * args.inner, top = begin + best * args.inner;
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
KERNEL(arg_max, LineArgs, largest_place)

void running_sum(constant LineArgs &args, Self self) {
  for (long line = first_of(self); line < args.lines; line += stride_of(self)) {
    long begin = line_begin(args, line);
    float sum = 0;
    ulong whole = 0;
    for (long k = 0; k < args.size; k++) {
      long at = begin + (args.reverse ? args.size - 1 - k : k) * args.inner;
      if (args.is_whole) {
        whole += (ulong)load_whole(args.in, args.type, at);
        store_whole(args.out, args.type, at, (long)whole, false);
      } else {
        sum += load_real(args.in, args.type, at);
        store_real(args.out, args.type, at, sum);
      }
    }
  }
}
KERNEL(cumulative_sum, LineArgs, running_sum)

// Each element counts those that come before it, so that equal ones keep their order; NaN is largest. The work is the square of
// the axis: for axes of a few thousand.
int compare(constant LineArgs &args, long a, long b) {
  if (args.is_whole) {
    long x = load_whole(args.in, args.type, a), y = load_whole(args.in, args.type, b);
    return (x > y) - (x < y);
  }
  float x = load_real(args.in, args.type, a), y = load_real(args.in, args.type, b);
  return x < y ? -1 : x > y ? 1 : (int)is_nan(x) - (int)is_nan(y);
}
void sort_lines(constant LineArgs &args, Self self) {
  for (long i = first_of(self); i < args.lines * args.size; i += stride_of(self)) {
    long begin = line_begin(args, i / args.size), own = i % args.size, before = 0;
    for (long k = 0; k < args.size; k++) {
      int order = compare(args, begin + k * args.inner, begin + own * args.inner);
      if (args.reverse) order = -order;
      before += order < 0 || (order == 0 && k < own);
    }
    long from = begin + own * args.inner, to = begin + before * args.inner;
    if (args.is_whole) store_whole(args.out, args.type, to, load_whole(args.in, args.type, from), false);
    else store_real(args.out, args.type, to, load_real(args.in, args.type, from));
    args.places[to] = own;
  }
}
KERNEL(sort, LineArgs, sort_lines)
