// Picking and adding by index: gather, scatter, take along, add along, folding of windows. Sums run in the order of the indices,
// one thread for each place, so that they are the same on every run.
#include "device.cuh"

DEVICE i64 index_at(const void *indices, i64 is_long, i64 i) { return is_long ? ((const i64 *)indices)[i] : ((const int *)indices)[i]; }

// Leaves the first bad index's place in *bad, which holds `count` before.
struct CheckArgs {
  i64 count, size, is_long;
  const void *indices;
  i64 *bad;
};
struct CheckShared {
  i64 of[256];
};
KERNEL(check_indices, CheckArgs, 256) {
  SHARED(CheckShared, shared);
  i64 first = args.count;
  for (i64 i = threadIdx.x; i < args.count && first == args.count; i += blockDim.x) {
    i64 index = index_at(args.indices, args.is_long, i);
    if (index < 0 || index >= args.size) first = i;
  }
  shared.of[threadIdx.x] = first;
  BARRIER();
  if (threadIdx.x == 0) {
    for (int i = 1; i < blockDim.x; i++) first = shared.of[i] < first ? shared.of[i] : first;
    *args.bad = first;
  }
}

// out[o, i, k] = table[o, index[i], k]; units of `bytes` bytes.
struct GatherArgs {
  i64 outer, size, picked, inner;
  const void *table, *indices;
  void *out;
  int is_long, bytes;
};
template <class T> DEVICE void gather(const GatherArgs &args) {
  for (i64 n = thread_index(); n < args.outer * args.picked * args.inner; n += thread_count()) {
    i64 k = n % args.inner, row = n / args.inner;
    i64 from = row / args.picked * args.size + index_at(args.indices, args.is_long, row % args.picked);
    ((T *)args.out)[n] = ((const T *)args.table)[from * args.inner + k];
  }
}
KERNEL(gather, GatherArgs, 256) {
  switch (args.bytes) {
    case 1: gather<unsigned char>(args); return;
    case 2: gather<u16>(args); return;
    case 4: gather<u32>(args); return;
    case 8: gather<u64>(args); return;
  }
}

// out[o, index[i], k] += slices[o, i, k]; out is f32 and zero before.
struct ScatterArgs {
  i64 outer, size, picked, inner;
  const void *slices, *indices;
  float *out;
  int is_long, type;
};
KERNEL(scatter_add, ScatterArgs, 256) {
  for (i64 n = thread_index(); n < args.outer * args.inner; n += thread_count()) {
    i64 o = n / args.inner, k = n % args.inner;
    for (i64 i = 0; i < args.picked; i++) {
      i64 to = (o * args.size + index_at(args.indices, args.is_long, i)) * args.inner + k;
      args.out[to] += load_real(args.slices, args.type, (o * args.picked + i) * args.inner + k);
    }
  }
}

// Along an axis of x [outer, size, inner] and the indices [outer, picked, inner].
struct AlongArgs {
  i64 outer, size, picked, inner;
  const void *from, *indices;
  void *to;
  int is_long, type;
  i64 bytes;
};
template <class T> DEVICE void take_along(const AlongArgs &args) {
  for (i64 n = thread_index(); n < args.outer * args.picked * args.inner; n += thread_count()) {
    i64 o = n / args.inner / args.picked;
    ((T *)args.to)[n] = ((const T *)args.from)[(o * args.size + index_at(args.indices, args.is_long, n)) * args.inner + n % args.inner];
  }
}
KERNEL(take_along, AlongArgs, 256) {
  switch (args.bytes) {
    case 1: take_along<unsigned char>(args); return;
    case 2: take_along<u16>(args); return;
    case 4: take_along<u32>(args); return;
    case 8: take_along<u64>(args); return;
  }
}
// `to` is f32 and zero before
KERNEL(add_along, AlongArgs, 256) {
  for (i64 n = thread_index(); n < args.outer * args.inner; n += thread_count()) {
    i64 o = n / args.inner, k = n % args.inner;
    for (i64 i = 0; i < args.picked; i++) {
      i64 at = (o * args.picked + i) * args.inner + k;
      ((float *)args.to)[(o * args.size + index_at(args.indices, args.is_long, at)) * args.inner + k] += load_real(args.from, args.type, at);
    }
  }
}

// out[o, p, k] = Σ in[o, w, k, i] over the windows w and places i in them with w · step + i = p.
struct FoldArgs {
  i64 outer, windows, inner, size, length, step;
  const void *in;
  void *out;
  i64 type;
};
KERNEL(fold_windows, FoldArgs, 256) {
  for (i64 n = thread_index(); n < args.outer * args.length * args.inner; n += thread_count()) {
    i64 k = n % args.inner, p = n / args.inner % args.length, o = n / args.inner / args.length;
    i64 first = p < args.size ? 0 : (p - args.size) / args.step + 1;
    float sum = 0;
    for (i64 w = first; w < args.windows && w * args.step <= p; w++)
      sum += load_real(args.in, (int)args.type, ((o * args.windows + w) * args.inner + k) * args.size + p - w * args.step);
    store_real(args.out, (int)args.type, n, sum);
  }
}
