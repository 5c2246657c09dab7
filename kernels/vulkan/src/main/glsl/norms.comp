// Normalisations; statistics in f32. One block for each row, x [rows, width] contiguous.
#include "device.glsl"

layout(buffer_reference, scalar) readonly buffer NormArgs {
  i64 rows, width;
  u64 x, w, b, y;
  // kept for the gradient where they are wanted
  u64 means, inverses;
  float eps;
  int rank;
  // of a modulated norm, where the rows of shift and scale lie: strides by the row's index along each axis, and along the width
  i64 sizes[8], shift_strides[8], scale_strides[8];
  i64 shift_step, scale_step;
};
#define FOR_ROW(i, width) for (i64 i = i64(thread()); i < (width); i += threads())

// Mean and the inverse of the deviation of `width` neighbours.
vec2 layer_statistics(u64 x, i64 begin, i64 width, float eps) {
  float sum = 0.0;
  FOR_ROW(i, width) sum += load(x, begin + i);
  float mean = block_sum(sum) / float(width);
  sum = 0.0;
  FOR_ROW(i, width) {
    float d = load(x, begin + i) - mean;
    sum += d * d;
  }
  return vec2(mean, 1.0 / sqrt(block_sum(sum) / float(width) + eps));
}
void keep(NormArgs args, i64 row, vec2 statistics) {
  if (thread() != 0u) return;
  if (args.means != 0ul) set_float(args.means, row, statistics.x);
  if (args.inverses != 0ul) set_float(args.inverses, row, statistics.y);
}

// y = (x - mean) · inverse · w + b
void layer_norm(NormArgs args) {
  i64 row = i64(block_x()), begin = row * args.width;
  vec2 s = layer_statistics(args.x, begin, args.width, args.eps);
  FOR_ROW(i, args.width) {
    float n = (load(args.x, begin + i) - s.x) * s.y;
    store(args.y, begin + i, args.w != 0ul ? n * load(args.w, i) + load(args.b, i) : n);
  }
  keep(args, row, s);
}

// y = (x - mean) · inverse · (1 + scale) + shift, `b` the shift and `w` the scale
void modulated_layer_norm(NormArgs args) {
  i64 row = i64(block_x()), begin = row * args.width;
  PLACE(scale, row, args.rank, args.sizes, args.scale_strides)
  PLACE(shift, row, args.rank, args.sizes, args.shift_strides)
  vec2 s = layer_statistics(args.x, begin, args.width, args.eps);
  FOR_ROW(i, args.width) {
    float n = (load(args.x, begin + i) - s.x) * s.y;
    store(args.y, begin + i, n * (1.0 + load(args.w, scale + i * args.scale_step)) + load(args.b, shift + i * args.shift_step));
  }
  keep(args, row, s);
}

// y = x · inverse · w
void rms_norm(NormArgs args) {
  i64 row = i64(block_x()), begin = row * args.width;
  float sum = 0.0;
  FOR_ROW(i, args.width) {
    float x = load(args.x, begin + i);
    sum += x * x;
  }
  float inverse = 1.0 / sqrt(block_sum(sum) / float(args.width) + args.eps);
  FOR_ROW(i, args.width) store(args.y, begin + i, load(args.x, begin + i) * inverse * load(args.w, i));
  keep(args, row, vec2(0.0, inverse));
}

// dx = inverse · (g - mean(g) - n · mean(g n)) with n = (x - mean) · inverse; of a root mean square norm the means of x and g count
// as 0. `w` is g, `y` is dx.
void norm_backward(NormArgs args) {
  i64 row = i64(block_x()), begin = row * args.width;
  bool centred = args.means != 0ul;
  float mean = centred ? float_at(args.means, row) : 0.0, inverse = float_at(args.inverses, row);
  float sum = 0.0, sum_n = 0.0;
  FOR_ROW(i, args.width) {
    float g = load(args.w, begin + i);
    sum += g;
    sum_n += g * (load(args.x, begin + i) - mean) * inverse;
  }
  float mean_g = block_sum(sum) / float(args.width);
  float mean_gn = block_sum(sum_n) / float(args.width);
  if (!centred) mean_g = 0.0;
  FOR_ROW(i, args.width)
    store(args.y, begin + i, inverse * (load(args.w, begin + i) - mean_g - (load(args.x, begin + i) - mean) * inverse * mean_gn));
}

// Over the channels of each position, x [N, C, inner]: y = x / max(‖x‖, 1e-12) · sqrt(C) · w. Neighbouring threads have
// neighbouring positions.
layout(buffer_reference, scalar) readonly buffer ChannelArgs {
  i64 positions, channels, inner;
  u64 x, w, b, y;
  i64 groups;
  float eps;
  int unused;
};
void channel_norm(ChannelArgs args) {
  FOR_ALL(n, args.positions) {
    i64 begin = quotient(n, args.inner) * args.channels * args.inner + remainder(n, args.inner);
    float sum = 0.0;
    for (i64 c = 0l; c < args.channels; c++) {
      float x = load(args.x, begin + c * args.inner);
      sum += x * x;
    }
    float scale = sqrt(float(args.channels)) / sqrt(larger(sum, 1e-24));
    for (i64 c = 0l; c < args.channels; c++)
      store(args.y, begin + c * args.inner, load(args.x, begin + c * args.inner) * scale * load(args.w, c));
  }
}

// Over groups of channels and all of space: a block for each of the N · groups. x [N, C, inner].
void group_norm(ChannelArgs args) {
  i64 block = i64(block_x()), share = args.channels / args.groups, width = share * args.inner, begin = block * width;
  vec2 s = layer_statistics(args.x, begin, width, args.eps);
  i64 first = remainder(block, args.groups) * share;
  FOR_ROW(i, width) {
    i64 c = first + quotient(i, args.inner);
    store(args.y, begin + i, (load(args.x, begin + i) - s.x) * s.y * load(args.w, c) + load(args.b, c));
  }
}

void main() {
  switch (KERNEL) {
    case LAYER_NORM: layer_norm(NormArgs(launch.arguments)); break;
    case MODULATED_LAYER_NORM: modulated_layer_norm(NormArgs(launch.arguments)); break;
    case RMS_NORM: rms_norm(NormArgs(launch.arguments)); break;
    case NORM_BACKWARD: norm_backward(NormArgs(launch.arguments)); break;
    case CHANNEL_NORM: channel_norm(ChannelArgs(launch.arguments)); break;
    case GROUP_NORM: group_norm(ChannelArgs(launch.arguments)); break;
  }
}
