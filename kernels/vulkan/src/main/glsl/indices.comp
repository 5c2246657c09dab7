// Picking and adding by index: gather, scatter, take along, add along, folding of windows. Sums run in the order of the indices,
// one thread for each place, so that they are the same on every run.
#include "device.glsl"

i64 index_at(u64 indices, bool is_long, i64 i) { return is_long ? long_at(indices, i) : i64(int(word_at(indices, i))); }

// to[to_unit] = from[from_unit], units of `bytes` bytes
void move(u64 to, i64 to_unit, u64 from, i64 from_unit, int bytes) {
  switch (bytes) {
    case 1: set_byte(to, to_unit, byte_at(from, from_unit)); break;
    case 2: set_short(to, to_unit, short_at(from, from_unit)); break;
    case 4: set_word(to, to_unit, word_at(from, from_unit)); break;
    default: set_long(to, to_unit, long_at(from, from_unit)); break;
  }
}

// Leaves the first bad index's place in *bad, `count` if there is none.
layout(buffer_reference, scalar) readonly buffer CheckArgs {
  i64 count, size, is_long;
  u64 indices, bad;
};
shared i64 firsts[256];
void check_indices(CheckArgs args) {
  i64 first = args.count;
  for (i64 i = i64(thread()); i < args.count && first == args.count; i += threads()) {
    i64 index = index_at(args.indices, args.is_long != 0l, i);
    if (index < 0l || index >= args.size) first = i;
  }
  firsts[thread()] = first;
  barrier();
  if (thread() != 0u) return;
  for (uint i = 1u; i < threads(); i++) first = min(first, firsts[i]);
  set_long(args.bad, 0l, first);
}

// out[o, i, k] = table[o, index[i], k]; units of `bytes` bytes.
layout(buffer_reference, scalar) readonly buffer GatherArgs {
  i64 outer, size, picked, inner;
  u64 table, indices, to;
  int is_long, bytes;
};
void gather(GatherArgs args) {
  FOR_ALL(n, args.outer * args.picked * args.inner) {
    i64 row = quotient(n, args.inner), k = n - row * args.inner;
    i64 from = quotient(row, args.picked) * args.size + index_at(args.indices, args.is_long != 0, remainder(row, args.picked));
    move(args.to, n, args.table, from * args.inner + k, args.bytes);
  }
}

// out[o, index[i], k] += slices[o, i, k]; out is f32 and zero before.
layout(buffer_reference, scalar) readonly buffer ScatterArgs {
  i64 outer, size, picked, inner;
  u64 slices, indices, to;
  int is_long, type;
};
void scatter_add(ScatterArgs args) {
  FOR_ALL(n, args.outer * args.inner) {
    i64 o = quotient(n, args.inner), k = n - o * args.inner;
    for (i64 i = 0l; i < args.picked; i++) {
      i64 at = (o * args.size + index_at(args.indices, args.is_long != 0, i)) * args.inner + k;
      set_float(args.to, at, float_at(args.to, at) + load_real(args.slices, args.type, (o * args.picked + i) * args.inner + k));
    }
  }
}

// Along an axis of x [outer, size, inner] and the indices [outer, picked, inner].
layout(buffer_reference, scalar) readonly buffer AlongArgs {
  i64 outer, size, picked, inner;
  u64 from, indices, to;
  int is_long, type;
  i64 bytes;
};
void take_along(AlongArgs args) {
  FOR_ALL(n, args.outer * args.picked * args.inner) {
    i64 row = quotient(n, args.inner), o = quotient(row, args.picked);
    i64 from = (o * args.size + index_at(args.indices, args.is_long != 0, n)) * args.inner + n - row * args.inner;
    move(args.to, n, args.from, from, int(args.bytes));
  }
}
// `to` is f32 and zero before
void add_along(AlongArgs args) {
  FOR_ALL(n, args.outer * args.inner) {
    i64 o = quotient(n, args.inner), k = n - o * args.inner;
    for (i64 i = 0l; i < args.picked; i++) {
      i64 from = (o * args.picked + i) * args.inner + k;
      i64 at = (o * args.size + index_at(args.indices, args.is_long != 0, from)) * args.inner + k;
      set_float(args.to, at, float_at(args.to, at) + load_real(args.from, args.type, from));
    }
  }
}

// out[o, p, k] = Σ in[o, w, k, i] over the windows w and places i in them with w · step + i = p.
layout(buffer_reference, scalar) readonly buffer FoldArgs {
  i64 outer, windows, inner, size, places, step;
  u64 from, to;
  i64 type;
};
void fold_windows(FoldArgs args) {
  FOR_ALL(n, args.outer * args.places * args.inner) {
    i64 row = quotient(n, args.inner), k = n - row * args.inner, o = quotient(row, args.places), p = row - o * args.places;
    i64 first = p < args.size ? 0l : quotient(p - args.size, args.step) + 1l;
    float sum = 0.0;
    for (i64 w = first; w < args.windows && w * args.step <= p; w++)
      sum += load_real(args.from, int(args.type), ((o * args.windows + w) * args.inner + k) * args.size + p - w * args.step);
    store_real(args.to, int(args.type), n, sum);
  }
}

void main() {
  switch (KERNEL) {
    case CHECK_INDICES: check_indices(CheckArgs(launch.arguments)); break;
    case GATHER: gather(GatherArgs(launch.arguments)); break;
    case SCATTER_ADD: scatter_add(ScatterArgs(launch.arguments)); break;
    case TAKE_ALONG: take_along(AlongArgs(launch.arguments)); break;
    case ADD_ALONG: add_along(AlongArgs(launch.arguments)); break;
    case FOLD_WINDOWS: fold_windows(FoldArgs(launch.arguments)); break;
  }
}
