// Rotary position embedding on neighbours: (a, b) → (a cos - b sin, a sin + b cos). x [B, N, h, d] contiguous; tables f32
// [N, d / 2], or one for each sample.
#include "device.cuh"

struct RopeArgs {
  i64 pairs_in_all, tokens, heads, pairs;
  // from one sample's table to the next, 0 if they share one
  i64 table;
  const void *x;
  const float *cos, *sin;
  void *y;
};
template <class T> DEVICE void rope(const RopeArgs &args) {
  for (i64 n = thread_index(); n < args.pairs_in_all; n += thread_count()) {
    i64 j = n % args.pairs, token = n / args.pairs / args.heads;
    i64 at = token / args.tokens * args.table + token % args.tokens * args.pairs + j;
    float a = wide(((const T *)args.x)[2 * n]), b = wide(((const T *)args.x)[2 * n + 1]), c = args.cos[at], s = args.sin[at];
    store((T *)args.y + 2 * n, a * c - b * s);
    store((T *)args.y + 2 * n + 1, a * s + b * c);
  }
}
FOR_FLOAT_TYPES(rope, RopeArgs, 256)
