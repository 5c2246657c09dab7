// Products in f32: matrices through any strides, linear layers with weights of block types, and convolutions as products with a
// matrix that is never written.
//
// A block computes a 64x64 tile, each of 256 threads 4x4 of it; 16 terms at a time are brought to shared memory, turned so that
// both factors are read along rows.
#include "device.glsl"
#include "blocks.glsl"

const int TILE = 64, DEPTH = 16;
// keeps the columns that neighbouring threads write in different banks
const int PITCH = TILE + 4;

// out[batch, m, n] = act(Σ_k a[batch, m, k] b[batch, k, n] + bias[n]), the bias only if there is one.
layout(buffer_reference, scalar) readonly buffer MatrixArgs {
  i64 rows, columns, terms;
  u64 a, b, bias, to;
  i64 a_row, a_term, b_term, b_column;
  int a_type, b_type, to_type, round;
  int gelu, batch_rank;
  // that of the grid's third axis at 0
  i64 first_batch;
  i64 batch_sizes[8], a_batch[8], b_batch[8];
};
// The same with b [columns, terms] of a block type.
layout(buffer_reference, scalar) readonly buffer LinearArgs {
  i64 rows, columns, terms;
  u64 a, b, bias, to;
  int a_type, to_type, round, gelu;
  int scale_type, bits, group, unused;
};
// Convolution over three spatial axes, those that are missing of size 1. x [N, C, i0, i1, i2], w [O, C / groups, t0, t1, t2],
// y [N, O, o0, o1, o2], all contiguous and of one type. The grid's third axis is the group.
layout(buffer_reference, scalar) readonly buffer ConvolutionArgs {
  u64 x, w, y, bias, to;
  int type, groups;
  int samples, in_channels, out_channels, unused;
  int size_in[3], taps[3], size[3], stride[3], before[3], dilation[3];
};
MatrixArgs matrix() { return MatrixArgs(launch.arguments); }
LinearArgs linear() { return LinearArgs(launch.arguments); }
ConvolutionArgs image() { return ConvolutionArgs(launch.arguments); }

// As the factors of a linear layer are rounded to its compute type.
float rounded(float x, int type) {
  if (type == BF16) return uintBitsToFloat(bf16_of_float(x) << 16);
  return type == F16 ? float_of_half(half_of_float(x)) : x;
}

// The tap and the channel that term `k` of a convolution belongs to: xyz and w.
ivec4 tap(i64 k) {
  uint rest = uint(k);
  ivec4 t;
  t.z = int(rest % uint(image().taps[2]));
  rest /= uint(image().taps[2]);
  t.y = int(rest % uint(image().taps[1]));
  rest /= uint(image().taps[1]);
  t.x = int(rest % uint(image().taps[0]));
  t.w = int(rest / uint(image().taps[0]));
  return t;
}
// A place of the output and its sample, or of the input.
ivec4 spot(int s0, int s1, int s2, i64 m) {
  i64 plane = quotient(m, i64(s2));
  ivec4 p;
  p.z = int(m - plane * s2);
  uint rest = uint(plane);
  p.y = int(rest % uint(s1));
  rest /= uint(s1);
  p.x = int(rest % uint(s0));
  p.w = int(rest / uint(s0));
  return p;
}
ivec4 spot_out(i64 m) { return spot(image().size[0], image().size[1], image().size[2], m); }
ivec4 spot_in(i64 m) { return spot(image().size_in[0], image().size_in[1], image().size_in[2], m); }
i64 pixel_out(i64 plane, ivec3 at) { return ((plane * image().size[0] + at.x) * image().size[1] + at.y) * image().size[2] + at.z; }
i64 pixel_in(i64 plane, ivec3 at) { return ((plane * image().size_in[0] + at.x) * image().size_in[1] + at.y) * image().size_in[2] + at.z; }
i64 terms_of_taps() { return i64(image().taps[0]) * image().taps[1] * image().taps[2]; }

int group_index() { return int(gl_WorkGroupID.z); }
i64 out_channel(i64 n) { return i64(group_index()) * (image().out_channels / image().groups) + n; }
i64 in_channel(i64 n) { return i64(group_index()) * (image().in_channels / image().groups) + n; }

// x where a tap of the output's place `o` looks, 0 in the padding
float looked_at(ivec4 o, ivec4 t) {
  ivec3 at;
  for (int i = 0; i < 3; i++) {
    at[i] = o[i] * image().stride[i] - image().before[i] + t[i] * image().dilation[i];
    if (at[i] < 0 || at[i] >= image().size_in[i]) return 0.0;
  }
  return load_real(image().x, image().type, pixel_in(i64(o.w) * image().in_channels + in_channel(i64(t.w)), at));
}
// dy where tap `t` of the input's place `p` arrives, 0 where none does: (p + before - t · dilation) / stride, if that divides
float arrived(ivec4 p, ivec4 t) {
  ivec3 o;
  for (int i = 0; i < 3; i++) {
    int at = p[i] + image().before[i] - t[i] * image().dilation[i];
    o[i] = at / image().stride[i];
    if (at < 0 || o[i] * image().stride[i] != at || o[i] >= image().size[i]) return 0.0;
  }
  return load_real(image().y, image().type, pixel_out(i64(p.w) * image().out_channels + out_channel(i64(t.w)), o));
}

i64 batch_index() { return matrix().first_batch + i64(gl_WorkGroupID.z); }

float left(i64 base, i64 m, i64 k) {
  switch (KERNEL) {
    case MATRIX_PRODUCT: return rounded(load_real(matrix().a, matrix().a_type, base + m * matrix().a_row + k * matrix().a_term), matrix().round);
    case LINEAR_BLOCKS: return rounded(load_real(linear().a, linear().a_type, m * linear().terms + k), linear().round);
    case CONVOLUTION: return looked_at(spot_out(m), tap(k));
    case CONVOLUTION_INPUT_GRADIENT: return arrived(spot_in(m), tap(k));
  }
  // of the weight's gradient
  ivec4 o = spot_out(k);
  return load_real(image().y, image().type, pixel_out(i64(o.w) * image().out_channels + out_channel(m), o.xyz));
}
float right(i64 base, i64 k, i64 n) {
  switch (KERNEL) {
    case MATRIX_PRODUCT: return rounded(load_real(matrix().b, matrix().b_type, base + k * matrix().b_term + n * matrix().b_column), matrix().round);
    case LINEAR_BLOCKS: {
      i64 place = n * linear().terms + k, block = quotient(place, i64(linear().group));
      u64 at = linear().b + u64(block * block_bytes(linear().scale_type, linear().bits, linear().group));
      vec3 parts = parts_of(at, linear().scale_type, linear().bits, int(place - block * linear().group));
      return rounded(parts.x * parts.y + parts.z, linear().round);
    }
    case CONVOLUTION: return load_real(image().w, image().type, out_channel(n) * (image().in_channels / image().groups) * terms_of_taps() + k);
    case CONVOLUTION_INPUT_GRADIENT: {
      ivec4 t = tap(k);
      i64 plane = out_channel(i64(t.w)) * (image().in_channels / image().groups) + n;
      return load_real(image().w, image().type, ((plane * image().taps[0] + t.x) * image().taps[1] + t.y) * image().taps[2] + t.z);
    }
  }
  return looked_at(spot_out(k), tap(n));
}
void finish(i64 m, i64 n, float sum) {
  switch (KERNEL) {
    case MATRIX_PRODUCT:
      if (matrix().bias != 0ul) sum += load_real(matrix().bias, matrix().to_type, n);
      if (matrix().gelu != 0) sum = gelu_tanh(sum);
      store_real(matrix().to, matrix().to_type, (batch_index() * matrix().rows + m) * matrix().columns + n, sum);
      return;
    case LINEAR_BLOCKS:
      if (linear().bias != 0ul) sum += load_real(linear().bias, linear().to_type, n);
      if (linear().gelu != 0) sum = gelu_tanh(sum);
      store_real(linear().to, linear().to_type, m * linear().columns + n, sum);
      return;
    case CONVOLUTION: {
      ivec4 o = spot_out(m);
      if (image().bias != 0ul) sum += load_real(image().bias, image().type, out_channel(n));
      store_real(image().to, image().type, pixel_out(i64(o.w) * image().out_channels + out_channel(n), o.xyz), sum);
      return;
    }
    case CONVOLUTION_INPUT_GRADIENT: {
      ivec4 p = spot_in(m);
      store_real(image().to, image().type, pixel_in(i64(p.w) * image().in_channels + in_channel(n), p.xyz), sum);
      return;
    }
    default:
      store_real(image().to, image().type, out_channel(m) * (image().in_channels / image().groups) * terms_of_taps() + n, sum);
  }
}

shared float left_tile[DEPTH][PITCH], right_tile[DEPTH][PITCH], results[TILE][TILE];

// One tile of out[m, n] = Σ_k left(m, k) right(k, n). `along_k` tells along which of its two indices a factor lies in memory.
void product(i64 left_base, i64 right_base, i64 rows, i64 columns, i64 terms, bool left_along_k, bool right_along_k) {
  i64 row0 = i64(block_x()) * TILE, column0 = i64(gl_WorkGroupID.y) * TILE;
  int t = int(thread()), ty = t / 16, tx = t % 16;
  float sums[4][4];
  [[unroll]] for (int i = 0; i < 4; i++)
    [[unroll]] for (int j = 0; j < 4; j++) sums[i][j] = 0.0;
  for (i64 k0 = 0l; k0 < terms; k0 += DEPTH) {
    [[dont_unroll]] for (int i = 0; i < 4; i++) {
      int n = t + i * 256;
      int k = left_along_k ? n % DEPTH : n / TILE, m = left_along_k ? n / DEPTH : n % TILE;
      left_tile[k][m] = row0 + m < rows && k0 + k < terms ? left(left_base, row0 + m, k0 + k) : 0.0;
      k = right_along_k ? n % DEPTH : n / TILE;
      m = right_along_k ? n / DEPTH : n % TILE;
      right_tile[k][m] = column0 + m < columns && k0 + k < terms ? right(right_base, k0 + k, column0 + m) : 0.0;
    }
    barrier();
    [[dont_unroll]] for (int k = 0; k < DEPTH; k++) {
      float a[4], b[4];
      [[unroll]] for (int i = 0; i < 4; i++) {
        a[i] = left_tile[k][ty * 4 + i];
        b[i] = right_tile[k][tx * 4 + i];
      }
      [[unroll]] for (int i = 0; i < 4; i++)
        [[unroll]] for (int j = 0; j < 4; j++) sums[i][j] += a[i] * b[j];
    }
    barrier();
  }
  // through shared memory, so that neighbouring threads write neighbours, and what follows the sum stands here once
  [[unroll]] for (int i = 0; i < 4; i++)
    [[unroll]] for (int j = 0; j < 4; j++) results[ty * 4 + i][tx * 4 + j] = sums[i][j];
  barrier();
  [[dont_unroll]] for (int i = t; i < TILE * TILE; i += 256) {
    i64 m = row0 + i / TILE, n = column0 + i % TILE;
    if (m < rows && n < columns) finish(m, n, results[i / TILE][i % TILE]);
  }
}

void matrix_product() {
  PLACE(a, batch_index(), matrix().batch_rank, matrix().batch_sizes, matrix().a_batch)
  PLACE(b, batch_index(), matrix().batch_rank, matrix().batch_sizes, matrix().b_batch)
  product(a, b, matrix().rows, matrix().columns, matrix().terms, matrix().a_term == 1l, matrix().b_column != 1l);
}

void main() {
  i64 in_share = KERNEL < CONVOLUTION ? 0l : i64(image().in_channels / image().groups);
  i64 out_share = KERNEL < CONVOLUTION ? 0l : i64(image().out_channels / image().groups);
  switch (KERNEL) {
    case MATRIX_PRODUCT: matrix_product(); break;
    case LINEAR_BLOCKS: product(0l, 0l, linear().rows, linear().columns, linear().terms, true, true); break;
    case CONVOLUTION:
      product(0l, 0l, i64(image().samples) * image().size[0] * image().size[1] * image().size[2], out_share, in_share * terms_of_taps(), false, true);
      break;
    case CONVOLUTION_INPUT_GRADIENT:
      product(0l, 0l, i64(image().samples) * image().size_in[0] * image().size_in[1] * image().size_in[2], in_share,
          out_share * terms_of_taps(), false, false);
      break;
    case CONVOLUTION_WEIGHT_GRADIENT:
      product(0l, 0l, out_share, in_share * terms_of_taps(), i64(image().samples) * image().size[0] * image().size[1] * image().size[2], true, true);
      break;
  }
}
