// Normalisations; statistics in f32. One threadgroup for each row, x [rows, width] contiguous.

struct NormArgs {
  long rows, width;
  device const void *x, *w, *b;
  device void *y;
  // kept for the gradient where they are wanted
  device float *means, *inverses;
  float eps;
  int rank;
  // of a modulated norm, where the rows of shift and scale lie: strides by the row's index along each axis, and along the width
  Axes sizes, shift_strides, scale_strides;
  long shift_step, scale_step;
};

struct Statistics {
  float mean, inverse;
};
template <class T>
Statistics layer_statistics(device const T *x, long width, float eps, Self self, threadgroup PerSimdgroup &spare) {
  float sum = 0;
  for (long i = self.index; i < width; i += self.count) sum += load(x, i);
  float mean = group_sum(sum, self, spare) / (float)width;
  sum = 0;
  for (long i = self.index; i < width; i += self.count) {
    float d = load(x, i) - mean;
    sum += d * d;
  }
  return Statistics{mean, 1.f / precise::sqrt(group_sum(sum, self, spare) / (float)width + eps)};
}
void keep(constant NormArgs &args, Self self, Statistics s) {
  if (self.index != 0) return;
  if (args.means) args.means[self.group.x] = s.mean;
  if (args.inverses) args.inverses[self.group.x] = s.inverse;
}

// y = (x - mean) · inverse · w + b
template <class T> void layer_norm(constant NormArgs &args, Self self, threadgroup PerSimdgroup &spare) {
  device const T *x = (device const T *)args.x + self.group.x * args.width;
  device const T *w = (device const T *)args.w, *b = (device const T *)args.b;
  device T *y = (device T *)args.y + self.group.x * args.width;
  Statistics s = layer_statistics(x, args.width, args.eps, self, spare);
  for (long i = self.index; i < args.width; i += self.count) {
    float n = (load(x, i) - s.mean) * s.inverse;
    store(y, i, w ? n * load(w, i) + load(b, i) : n);
  }
  keep(args, self, s);
}
GROUP_KERNELS(layer_norm, NormArgs, PerSimdgroup)

// y = (x - mean) · inverse · (1 + scale) + shift, `b` the shift and `w` the scale
template <class T> void modulated_layer_norm(constant NormArgs &args, Self self, threadgroup PerSimdgroup &spare) {
  long row = self.group.x;
  device const T *x = (device const T *)args.x + row * args.width;
  device const T *scale = (device const T *)args.w + place(row, args.rank, args.sizes, args.scale_strides);
  device const T *shift = (device const T *)args.b + place(row, args.rank, args.sizes, args.shift_strides);
  device T *y = (device T *)args.y + row * args.width;
  Statistics s = layer_statistics(x, args.width, args.eps, self, spare);
  for (long i = self.index; i < args.width; i += self.count)
    store(y, i, (load(x, i) - s.mean) * s.inverse * (1.f + load(scale, i * args.scale_step)) + load(shift, i * args.shift_step));
  keep(args, self, s);
}
GROUP_KERNELS(modulated_layer_norm, NormArgs, PerSimdgroup)

// y = x · inverse · w
template <class T> void rms_norm(constant NormArgs &args, Self self, threadgroup PerSimdgroup &spare) {
  device const T *x = (device const T *)args.x + self.group.x * args.width, *w = (device const T *)args.w;
  device T *y = (device T *)args.y + self.group.x * args.width;
  float sum = 0;
  for (long i = self.index; i < args.width; i += self.count) sum += load(x, i) * load(x, i);
  float inverse = 1.f / precise::sqrt(group_sum(sum, self, spare) / (float)args.width + args.eps);
  for (long i = self.index; i < args.width; i += self.count) store(y, i, load(x, i) * inverse * load(w, i));
  keep(args, self, Statistics{0, inverse});
}
GROUP_KERNELS(rms_norm, NormArgs, PerSimdgroup)

// dx = inverse · (g - mean(g) - n · mean(g n)) with n = (x - mean) · inverse; of a root mean square norm the means of x and g count
// as 0. `w` is g, `y` is dx.
template <class T> void norm_backward(constant NormArgs &args, Self self, threadgroup PerSimdgroup &spare) {
  long row = self.group.x;
  device const T *x = (device const T *)args.x + row * args.width, *g = (device const T *)args.w + row * args.width;
  device T *dx = (device T *)args.y + row * args.width;
  float mean = args.means ? args.means[row] : 0.f, inverse = args.inverses[row];
  float sum = 0, sum_n = 0;
  for (long i = self.index; i < args.width; i += self.count) {
    sum += load(g, i);
    sum_n += load(g, i) * (load(x, i) - mean) * inverse;
  }
  float mean_g = args.means ? group_sum(sum, self, spare) / (float)args.width : 0.f;
  float mean_gn = group_sum(sum_n, self, spare) / (float)args.width;
  for (long i = self.index; i < args.width; i += self.count)
    store(dx, i, inverse * (load(g, i) - mean_g - (load(x, i) - mean) * inverse * mean_gn));
}
GROUP_KERNELS(norm_backward, NormArgs, PerSimdgroup)

// Over the channels of each position, x [N, C, inner]: y = x / max(‖x‖, 1e-12) · sqrt(C) · w. Neighbouring threads have
// neighbouring positions.
struct ChannelArgs {
  long positions, channels, inner;
  device const void *x, *w, *b;
  device void *y;
  long groups;
  float eps;
  int unused;
};
template <class T> void channel_norm(constant ChannelArgs &args, Self self) {
  for (long n = first_of(self); n < args.positions; n += stride_of(self)) {
    long begin = n / args.inner * args.channels * args.inner + n % args.inner;
    device const T *x = (device const T *)args.x + begin, *w = (device const T *)args.w;
    device T *y = (device T *)args.y + begin;
    float sum = 0;
    for (long c = 0; c < args.channels; c++) sum += load(x, c * args.inner) * load(x, c * args.inner);
    float scale = precise::sqrt((float)args.channels) / precise::sqrt(larger(sum, 1e-24f));
    for (long c = 0; c < args.channels; c++) store(y, c * args.inner, load(x, c * args.inner) * scale * load(w, c));
  }
}
KERNELS(channel_norm, ChannelArgs)

// Over groups of channels and all of space: a threadgroup for each of the N · groups. x [N, C, inner].
template <class T> void group_norm(constant ChannelArgs &args, Self self, threadgroup PerSimdgroup &spare) {
  long share = args.channels / args.groups, width = share * args.inner;
  device const T *x = (device const T *)args.x + self.group.x * width;
  device const T *w = (device const T *)args.w, *b = (device const T *)args.b;
  device T *y = (device T *)args.y + self.group.x * width;
  Statistics s = layer_statistics(x, width, args.eps, self, spare);
  long first = self.group.x % args.groups * share;
  for (long i = self.index; i < width; i += self.count) {
    long c = first + i / args.inner;
    store(y, i, (load(x, i) - s.mean) * s.inverse * load(w, c) + load(b, c));
  }
}
GROUP_KERNELS(group_norm, ChannelArgs, PerSimdgroup)
