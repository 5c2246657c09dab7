// Reductions over any axes, and scans along one: sum, max, min, arg max, running sum, sort. Sums of narrow floats run in f32, of
// integers in 64 bits.
#include "device.glsl"

const int SUM = 0, MAX = 1, MIN = 2;
layout(buffer_reference, scalar) readonly buffer ReduceArgs {
  i64 outputs, terms;
  u64 from, to;
  int type, join, is_whole, kept_rank;
  i64 reduced_rank;
  i64 kept_sizes[8], kept_strides[8], reduced_sizes[8], reduced_strides[8];
};
float join(float a, float b, int how) { return how == SUM ? a + b : how == MAX ? larger(a, b) : smaller(a, b); }
i64 join_whole(i64 a, i64 b, int how) { return how == SUM ? a + b : how == MAX ? (a > b ? a : b) : a < b ? a : b; }
float neutral(int how) { return how == SUM ? 0.0 : how == MAX ? -INFINITE : INFINITE; }
i64 neutral_whole(int how) { return how == SUM ? 0l : how == MAX ? i64(0x8000000000000000ul) : 0x7fffffffffffffffl; }

// a thread for each result
void reduce_short(ReduceArgs args) {
  FOR_ALL(o, args.outputs) {
    PLACE(begin, o, args.kept_rank, args.kept_sizes, args.kept_strides)
    float all = neutral(args.join);
    i64 whole = neutral_whole(args.join);
    for (i64 k = 0l; k < args.terms; k++) {
      PLACE(at, k, int(args.reduced_rank), args.reduced_sizes, args.reduced_strides)
      if (args.is_whole != 0) whole = join_whole(whole, load_whole(args.from, args.type, begin + at), args.join);
      else all = join(all, load_real(args.from, args.type, begin + at), args.join);
    }
    if (args.is_whole != 0) store_whole(args.to, args.type, o, whole, false);
    else store_real(args.to, args.type, o, all);
  }
}

// a block for each result
shared float parts[256];
shared i64 whole_parts[256];
void reduce_long(ReduceArgs args) {
  i64 o = i64(block_x());
  PLACE(begin, o, args.kept_rank, args.kept_sizes, args.kept_strides)
  float all = neutral(args.join);
  i64 whole = neutral_whole(args.join);
  for (i64 k = i64(thread()); k < args.terms; k += threads()) {
    PLACE(at, k, int(args.reduced_rank), args.reduced_sizes, args.reduced_strides)
    if (args.is_whole != 0) whole = join_whole(whole, load_whole(args.from, args.type, begin + at), args.join);
    else all = join(all, load_real(args.from, args.type, begin + at), args.join);
  }
  parts[thread()] = all;
  whole_parts[thread()] = whole;
  // pairs, so that the order does not depend on the subgroups
  for (uint half_count = threads() / 2u; half_count > 0u; half_count /= 2u) {
    barrier();
    if (thread() < half_count) {
      parts[thread()] = join(parts[thread()], parts[thread() + half_count], args.join);
      whole_parts[thread()] = join_whole(whole_parts[thread()], whole_parts[thread() + half_count], args.join);
    }
  }
  if (thread() != 0u) return;
  if (args.is_whole != 0) store_whole(args.to, args.type, o, whole_parts[0], false);
  else store_real(args.to, args.type, o, parts[0]);
}

// Lines along an axis of a contiguous tensor: line n begins at n / inner · size · inner + n % inner, its elements `inner` apart.
layout(buffer_reference, scalar) readonly buffer LineArgs {
  i64 lines, size, inner;
  u64 from, to, places;
  int type, is_whole;
  // of a running sum, whether it runs from the end; of a sort, whether the largest comes first
  i64 reverse;
};
i64 line_begin(LineArgs args, i64 line) { return quotient(line, args.inner) * args.size * args.inner + remainder(line, args.inner); }

void arg_max(LineArgs args) {
  FOR_ALL(line, args.lines) {
    i64 begin = line_begin(args, line), best = 0l;
    for (i64 k = 1l; k < args.size; k++) {
      i64 at = begin + k * args.inner, top = begin + best * args.inner;
      if (args.is_whole != 0) {
        if (load_whole(args.from, args.type, at) > load_whole(args.from, args.type, top)) best = k;
      } else {
        float x = load_real(args.from, args.type, at), most = load_real(args.from, args.type, top);
        if (x > most || is_nan(x) && !is_nan(most)) best = k;
      }
    }
    set_long(args.places, line, best);
  }
}

void cumulative_sum(LineArgs args) {
  FOR_ALL(line, args.lines) {
    i64 begin = line_begin(args, line), whole = 0l;
    float sum = 0.0;
    for (i64 k = 0l; k < args.size; k++) {
      i64 at = begin + (args.reverse != 0l ? args.size - 1l - k : k) * args.inner;
      if (args.is_whole != 0) {
        whole += load_whole(args.from, args.type, at);
        store_whole(args.to, args.type, at, whole, false);
      } else {
        sum += load_real(args.from, args.type, at);
        store_real(args.to, args.type, at, sum);
      }
    }
  }
}

// Each element counts those that come before it, so that equal ones keep their order; NaN is largest. The work is the square of
// the axis: for axes of a few thousand.
int compare(LineArgs args, i64 a, i64 b) {
  if (args.is_whole != 0) {
    i64 x = load_whole(args.from, args.type, a), y = load_whole(args.from, args.type, b);
    return int(x > y) - int(x < y);
  }
  float x = load_real(args.from, args.type, a), y = load_real(args.from, args.type, b);
  return x < y ? -1 : x > y ? 1 : int(is_nan(x)) - int(is_nan(y));
}
void sort(LineArgs args) {
  FOR_ALL(i, args.lines * args.size) {
    i64 begin = line_begin(args, quotient(i, args.size)), own = remainder(i, args.size), before = 0l;
    for (i64 k = 0l; k < args.size; k++) {
      int order = compare(args, begin + k * args.inner, begin + own * args.inner);
      if (args.reverse != 0l) order = -order;
      if (order < 0 || order == 0 && k < own) before++;
    }
    i64 from = begin + own * args.inner, to = begin + before * args.inner;
    if (args.is_whole != 0) store_whole(args.to, args.type, to, load_whole(args.from, args.type, from), false);
    else store_real(args.to, args.type, to, load_real(args.from, args.type, from));
    set_long(args.places, to, own);
  }
}

void main() {
  switch (KERNEL) {
    case REDUCE_SHORT: reduce_short(ReduceArgs(launch.arguments)); break;
    case REDUCE_LONG: reduce_long(ReduceArgs(launch.arguments)); break;
    case ARG_MAX: arg_max(LineArgs(launch.arguments)); break;
    case CUMULATIVE_SUM: cumulative_sum(LineArgs(launch.arguments)); break;
    case SORT: sort(LineArgs(launch.arguments)); break;
  }
}
