// Rotary position embedding on neighbours: (a, b) → (a cos - b sin, a sin + b cos). x [B, N, h, d] contiguous; tables f32
// [N, d / 2], or one for each sample.
#include "device.glsl"

layout(buffer_reference, scalar) readonly buffer RopeArgs {
  i64 pairs_in_all, tokens, heads, pairs;
  // from one sample's table to the next, 0 if they share one
  i64 table;
  u64 x, cosines, sines, y;
};
void main() {
  RopeArgs args = RopeArgs(launch.arguments);
  FOR_ALL(n, args.pairs_in_all) {
    i64 row = quotient(n, args.pairs), token = quotient(row, args.heads), sample_index = quotient(token, args.tokens);
    i64 at = sample_index * args.table + (token - sample_index * args.tokens) * args.pairs + n - row * args.pairs;
    float a = load(args.x, 2l * n), b = load(args.x, 2l * n + 1l), c = float_at(args.cosines, at), s = float_at(args.sines, at);
    store(args.y, 2l * n, a * c - b * s);
    store(args.y, 2l * n + 1l, a * s + b * c);
  }
}
