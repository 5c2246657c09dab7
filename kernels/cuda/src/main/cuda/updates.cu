// Updates in place: AdamW (Loshchilov and Hutter 2019), moving average. Everything contiguous and of one type.
#include "device.cuh"

struct UpdateArgs {
  i64 count;
  void *p, *m, *v;
  const void *g;
  // rate, c1, c2, factor of the gradient
  const float *schedule;
  float beta1, one_less_beta1, beta2, one_less_beta2, eps, decay;
};
// m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p (1 - rate · decay) - rate / c₁ · m / (sqrt(v) / c₂ + eps)
template <class T> DEVICE void adamw(const UpdateArgs &args) {
  float rate = args.schedule[0], c1 = args.schedule[1], c2 = args.schedule[2], factor = args.schedule[3];
  for (i64 i = thread_index(); i < args.count; i += thread_count()) {
    float p = wide(((T *)args.p)[i]), g = wide(((const T *)args.g)[i]) * factor;
    float m = wide(((T *)args.m)[i]) * args.beta1 + g * args.one_less_beta1;
    float v = wide(((T *)args.v)[i]) * args.beta2 + g * g * args.one_less_beta2;
    store((T *)args.m + i, m);
    store((T *)args.v + i, v);
    store((T *)args.p + i, p - p * (rate * args.decay) - m / c1 / (sqrtf(v) / c2 + args.eps) * rate);
  }
}
FOR_FLOAT_TYPES(adamw, UpdateArgs, 256)

// p ← β₁ p + (1 - β₁) g
template <class T> DEVICE void moving_average(const UpdateArgs &args) {
  for (i64 i = thread_index(); i < args.count; i += thread_count())
    store((T *)args.p + i, wide(((T *)args.p)[i]) * args.beta1 + wide(((const T *)args.g)[i]) * args.one_less_beta1);
}
FOR_FLOAT_TYPES(moving_average, UpdateArgs, 256)
