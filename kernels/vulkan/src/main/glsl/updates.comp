// Updates in place: AdamW (Loshchilov and Hutter 2019), moving average. Everything contiguous and of one type.
#include "device.glsl"

layout(buffer_reference, scalar) readonly buffer UpdateArgs {
  i64 count;
  u64 p, m, v, g;
  // rate, c1, c2, factor of the gradient
  u64 schedule;
  float beta1, one_less_beta1, beta2, one_less_beta2, eps, decay;
};
// m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p (1 - rate · decay) - rate / c₁ · m / (sqrt(v) / c₂ + eps)
void adamw(UpdateArgs args) {
  float rate = float_at(args.schedule, 0l), c1 = float_at(args.schedule, 1l), c2 = float_at(args.schedule, 2l);
  float factor = float_at(args.schedule, 3l);
  FOR_ALL(i, args.count) {
    float p = load(args.p, i), g = load(args.g, i) * factor;
    float m = load(args.m, i) * args.beta1 + g * args.one_less_beta1;
    float v = load(args.v, i) * args.beta2 + g * g * args.one_less_beta2;
    store(args.m, i, m);
    store(args.v, i, v);
    store(args.p, i, p - p * (rate * args.decay) - m / c1 / (sqrt(v) / c2 + args.eps) * rate);
  }
}

// p ← β₁ p + (1 - β₁) g
void moving_average(UpdateArgs args) {
  FOR_ALL(i, args.count) store(args.p, i, load(args.p, i) * args.beta1 + load(args.g, i) * args.one_less_beta1);
}

void main() {
  switch (KERNEL) {
    case ADAMW: adamw(UpdateArgs(launch.arguments)); break;
    case MOVING_AVERAGE: moving_average(UpdateArgs(launch.arguments)); break;
  }
}
