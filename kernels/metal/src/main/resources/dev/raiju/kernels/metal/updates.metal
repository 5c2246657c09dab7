// Updates in place: AdamW (Loshchilov and Hutter 2019), moving average. Everything contiguous and of one type.

struct UpdateArgs {
  long count;
  device void *p, *m, *v;
  device const void *g;
  // rate, c1, c2, factor of the gradient
  device const float *schedule;
  float beta1, one_less_beta1, beta2, one_less_beta2, eps, decay;
};
// m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p (1 - rate · decay) - rate / c₁ · m / (sqrt(v) / c₂ + eps)
template <class T> void adamw(constant UpdateArgs &args, Self self) {
  float rate = args.schedule[0], c1 = args.schedule[1], c2 = args.schedule[2], factor = args.schedule[3];
  device T *ps = (device T *)args.p, *ms = (device T *)args.m, *vs = (device T *)args.v;
  for (long i = first_of(self); i < args.count; i += stride_of(self)) {
    float p = load(ps, i), g = load((device const T *)args.g, i) * factor;
    float m = load(ms, i) * args.beta1 + g * args.one_less_beta1;
    float v = load(vs, i) * args.beta2 + g * g * args.one_less_beta2;
    store(ms, i, m);
    store(vs, i, v);
    store(ps, i, p - p * (rate * args.decay) - m / c1 / (precise::sqrt(v) / c2 + args.eps) * rate);
  }
}
KERNELS(adamw, UpdateArgs)

// p ← β₁ p + (1 - β₁) g
template <class T> void moving_average(constant UpdateArgs &args, Self self) {
  device T *p = (device T *)args.p;
  for (long i = first_of(self); i < args.count; i += stride_of(self))
    store(p, i, load(p, i) * args.beta1 + load((device const T *)args.g, i) * args.one_less_beta1);
}
KERNELS(moving_average, UpdateArgs)
