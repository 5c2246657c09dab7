// Picking and adding by index: gather, scatter, take along, add along, folding of windows. Sums run in the order of the indices,
// one thread for each place, so that they are the same on every run.

long index_at(device const void *indices, long is_long, long i) {
  return is_long ? ((device const long *)indices)[i] : ((device const int *)indices)[i];
}

// Leaves the first bad index's place in *bad, which holds `count` before.
struct CheckArgs {
  long count, size, is_long;
  device const void *indices;
  device long *bad;
};
struct CheckShared {
  long of[256];
};
void check(constant CheckArgs &args, Self self, threadgroup CheckShared &shared) {
  long first = args.count;
  for (long i = self.index; i < args.count && first == args.count; i += self.count) {
    long index = index_at(args.indices, args.is_long, i);
    if (index < 0 || index >= args.size) first = i;
  }
  shared.of[self.index] = first;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (self.index == 0) {
    for (uint i = 1; i < self.count; i++) first = shared.of[i] < first ? shared.of[i] : first;
    *args.bad = first;
  }
}
GROUP_KERNEL(check_indices, CheckArgs, CheckShared, check)

// out[o, i, k] = table[o, index[i], k]; units of `bytes` bytes.
struct GatherArgs {
  long outer, size, picked, inner;
  device const void *table, *indices;
  device void *out;
  int is_long, bytes;
};
template <class T> void gather_units(constant GatherArgs &args, Self self) {
  for (long n = first_of(self); n < args.outer * args.picked * args.inner; n += stride_of(self)) {
    long k = n % args.inner, row = n / args.inner;
    long from = row / args.picked * args.size + index_at(args.indices, args.is_long, row % args.picked);
    ((device T *)args.out)[n] = ((device const T *)args.table)[from * args.inner + k];
  }
}
void gather_any(constant GatherArgs &args, Self self) {
  switch (args.bytes) {
    case 1: gather_units<uchar>(args, self); return;
    case 2: gather_units<ushort>(args, self); return;
    case 4: gather_units<uint>(args, self); return;
    case 8: gather_units<ulong>(args, self); return;
  }
}
KERNEL(gather, GatherArgs, gather_any)

// out[o, index[i], k] += slices[o, i, k]; out is f32 and zero before.
struct ScatterArgs {
  long outer, size, picked, inner;
  device const void *slices, *indices;
  device float *out;
  int is_long, type;
};
void scatter(constant ScatterArgs &args, Self self) {
  for (long n = first_of(self); n < args.outer * args.inner; n += stride_of(self)) {
    long o = n / args.inner, k = n % args.inner;
    for (long i = 0; i < args.picked; i++) {
      long to = (o * args.size + index_at(args.indices, args.is_long, i)) * args.inner + k;
      args.out[to] += load_real(args.slices, args.type, (o * args.picked + i) * args.inner + k);
    }
  }
}
KERNEL(scatter_add, ScatterArgs, scatter)

// Along an axis of x [outer, size, inner] and the indices [outer, picked, inner].
struct AlongArgs {
  long outer, size, picked, inner;
  device const void *from, *indices;
  device void *to;
  int is_long, type;
  long bytes;
};
template <class T> void take_units(constant AlongArgs &args, Self self) {
  for (long n = first_of(self); n < args.outer * args.picked * args.inner; n += stride_of(self)) {
    long o = n / args.inner / args.picked;
    long from = (o * args.size + index_at(args.indices, args.is_long, n)) * args.inner + n % args.inner;
    ((device T *)args.to)[n] = ((device const T *)args.from)[from];
  }
}
void take_any(constant AlongArgs &args, Self self) {
  switch (args.bytes) {
    case 1: take_units<uchar>(args, self); return;
    case 2: take_units<ushort>(args, self); return;
    case 4: take_units<uint>(args, self); return;
    case 8: take_units<ulong>(args, self); return;
  }
}
KERNEL(take_along, AlongArgs, take_any)

// `to` is f32 and zero before
void add(constant AlongArgs &args, Self self) {
  for (long n = first_of(self); n < args.outer * args.inner; n += stride_of(self)) {
    long o = n / args.inner, k = n % args.inner;
    for (long i = 0; i < args.picked; i++) {
      long at = (o * args.picked + i) * args.inner + k;
      long to = (o * args.size + index_at(args.indices, args.is_long, at)) * args.inner + k;
      ((device float *)args.to)[to] += load_real(args.from, args.type, at);
    }
  }
}
KERNEL(add_along, AlongArgs, add)

// out[o, p, k] = Σ in[o, w, k, i] over the windows w and places i in them with w · step + i = p.
struct FoldArgs {
  long outer, windows, inner, size, length, step;
  device const void *in;
  device void *out;
  long type;
};
void fold(constant FoldArgs &args, Self self) {
  for (long n = first_of(self); n < args.outer * args.length * args.inner; n += stride_of(self)) {
    long k = n % args.inner, p = n / args.inner % args.length, o = n / args.inner / args.length;
    long first = p < args.size ? 0 : (p - args.size) / args.step + 1;
    float sum = 0;
    for (long w = first; w < args.windows && w * args.step <= p; w++)
      sum += load_real(args.in, (int)args.type, ((o * args.windows + w) * args.inner + k) * args.size + p - w * args.step);
    store_real(args.out, (int)args.type, n, sum);
  }
}
KERNEL(fold_windows, FoldArgs, fold)
