// Rotary position embedding on neighbours: (a, b) → (a cos - b sin, a sin + b cos). x [B, N, h, d] contiguous; tables f32
// [N, d / 2], or one for each sample.

struct RopeArgs {
  long pairs_in_all, tokens, heads, pairs;
  // from one sample's table to the next, 0 if they share one
  long table;
  device const void *x;
  device const float *cosines, *sines;
  device void *y;
};
template <class T> void rope(constant RopeArgs &args, Self self) {
  device const T *x = (device const T *)args.x;
  device T *y = (device T *)args.y;
  for (long n = first_of(self); n < args.pairs_in_all; n += stride_of(self)) {
    long j = n % args.pairs, token = n / args.pairs / args.heads;
    long at = token / args.tokens * args.table + token % args.tokens * args.pairs + j;
    float a = load(x, 2 * n), b = load(x, 2 * n + 1), c = args.cosines[at], s = args.sines[at];
    store(y, 2 * n, a * c - b * s);
    store(y, 2 * n + 1, a * s + b * c);
  }
}
KERNELS(rope, RopeArgs)
