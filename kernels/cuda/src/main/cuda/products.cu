// Products in f32: matrices through any strides, and convolutions as products with a matrix that is never written.
//
// A block computes a 64x64 tile, each of 256 threads 4x4 of it; 16 terms at a time are brought to shared memory, turned so that
// both factors are read along rows.
#include "device.cuh"

#define TILE 64
#define DEPTH 16
// keeps the columns that one warp writes in different banks
#define PITCH (TILE + 4)

struct ProductShared {
  float left[DEPTH][PITCH], right[DEPTH][PITCH];
};

DEVICE float gelu_tanh(float x) { return 0.5f * x * (1.f + tanhf(0.7978845608028654f * (x + 0.044715f * x * x * x))); }

// As the factors of a linear layer are rounded to its compute type.
DEVICE float rounded(float x, int type) {
  if (type == BF16) return float_of((u32)bf16_bits(x) << 16);
  return type == F16 ? float_of_half(half_of_float(x)) : x;
}

// One tile of out[m, n] = Σ_k left(m, k) right(k, n). `along_k` tells along which of its two indices a factor lies in memory.
template <class Left, class Right, class Out>
DEVICE void product(const Left &left, const Right &right, const Out &out, i64 rows, i64 columns, i64 terms, bool left_along_k, bool right_along_k) {
  SHARED(ProductShared, shared);
  i64 row0 = (i64)blockIdx.x * TILE, column0 = (i64)blockIdx.y * TILE;
  int t = threadIdx.x, ty = t / 16, tx = t % 16;
  float acc[4][4] = {};
  for (i64 k0 = 0; k0 < terms; k0 += DEPTH) {
    ROLLED for (int i = 0; i < 4; i++) {
      int n = t + i * 256;
      int k = left_along_k ? n % DEPTH : n / TILE, m = left_along_k ? n / DEPTH : n % TILE;
      shared.left[k][m] = row0 + m < rows && k0 + k < terms ? left(row0 + m, k0 + k) : 0.f;
      k = right_along_k ? n % DEPTH : n / TILE, m = right_along_k ? n / DEPTH : n % TILE;
      shared.right[k][m] = column0 + m < columns && k0 + k < terms ? right(k0 + k, column0 + m) : 0.f;
    }
    BARRIER();
    UNROLL for (int k = 0; k < DEPTH; k++) {
      float a[4], b[4];
      UNROLL for (int i = 0; i < 4; i++) {
        a[i] = shared.left[k][ty * 4 + i];
        b[i] = shared.right[k][tx * 4 + i];
      }
      UNROLL for (int i = 0; i < 4; i++) {
        UNROLL for (int j = 0; j < 4; j++) acc[i][j] = fmaf(a[i], b[j], acc[i][j]);
      }
    }
    BARRIER();
  }
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) {
      i64 m = row0 + ty * 4 + i, n = column0 + tx * 4 + j;
      if (m < rows && n < columns) out(m, n, acc[i][j]);
    }
  }
}

// out[batch, m, n] = act(Σ_k a[batch, m, k] b[batch, k, n] + bias[n]), the bias only if there is one.
struct MatrixArgs {
  i64 rows, columns, terms;
  const void *a, *b, *bias;
  void *out;
  i64 a_row, a_term, b_term, b_column;
  int a_type, b_type, out_type, round;
  int gelu, batch_rank;
  // that of the grid's third axis at 0
  i64 first_batch;
  Axes batch_sizes, a_batch, b_batch;
};
struct MatrixElement {
  const void *p;
  int type, round;
  i64 base, first, second;
  DEVICE float operator()(i64 i, i64 j) const { return rounded(load_real(p, type, base + i * first + j * second), round); }
};
struct MatrixResult {
  const MatrixArgs &args;
  DEVICE void operator()(i64 m, i64 n, float sum) const {
    if (args.bias) sum += load_real(args.bias, args.out_type, n);
    if (args.gelu) sum = gelu_tanh(sum);
    store_real(args.out, args.out_type, ((args.first_batch + blockIdx.z) * args.rows + m) * args.columns + n, sum);
  }
};
KERNEL(matrix_product, MatrixArgs, 256) {
  i64 batch = args.first_batch + blockIdx.z;
  MatrixElement a = {args.a, args.a_type, args.round, place(batch, args.batch_rank, args.batch_sizes, args.a_batch), args.a_row, args.a_term};
  MatrixElement b = {args.b, args.b_type, args.round, place(batch, args.batch_rank, args.batch_sizes, args.b_batch), args.b_term, args.b_column};
  product(a, b, MatrixResult{args}, args.rows, args.columns, args.terms, args.a_term == 1, args.b_column != 1);
}

// Convolution over three spatial axes, those that are missing of size 1. x [N, C, i0, i1, i2], w [O, C / groups, t0, t1, t2],
// y [N, O, o0, o1, o2], all contiguous and of one type. The grid's third axis is the group.
struct ConvolutionArgs {
  const void *x, *w, *y, *bias;
  void *out;
  int type, groups;
  int samples, in_channels, out_channels, unused;
  int in[3], taps[3], size[3], stride[3], before[3], dilation[3];
};
struct Taps {
  int channel, t[3];
  DEVICE Taps(const ConvolutionArgs &a, i64 k) {
    u32 rest = (u32)k;
    t[2] = (int)(rest % (u32)a.taps[2]);
    rest /= (u32)a.taps[2];
    t[1] = (int)(rest % (u32)a.taps[1]);
    rest /= (u32)a.taps[1];
    t[0] = (int)(rest % (u32)a.taps[0]);
    channel = (int)(rest / (u32)a.taps[0]);
  }
};
// A place in one of the images, whose sizes are given.
struct Spot {
  int sample, at[3];
  DEVICE Spot(const int (&sizes)[3], i64 m) {
    at[2] = (int)(m % sizes[2]);
    m /= sizes[2];
    u32 rest = (u32)m;
    at[1] = (int)(rest % (u32)sizes[1]);
    rest /= (u32)sizes[1];
    at[0] = (int)(rest % (u32)sizes[0]);
    sample = (int)(rest / (u32)sizes[0]);
  }
};
DEVICE i64 pixel(const int (&sizes)[3], i64 plane, int a, int b, int c) { return ((plane * sizes[0] + a) * sizes[1] + b) * sizes[2] + c; }
DEVICE i64 pixel(const int (&sizes)[3], i64 plane, const int (&at)[3]) { return pixel(sizes, plane, at[0], at[1], at[2]); }

// x where tap t of output `o` looks, 0 in the padding
DEVICE float looked_at(const ConvolutionArgs &a, int sample, int channel, const int (&o)[3], const int (&t)[3]) {
  int at[3];
  for (int i = 0; i < 3; i++) {
    at[i] = o[i] * a.stride[i] - a.before[i] + t[i] * a.dilation[i];
    if (at[i] < 0 || at[i] >= a.in[i]) return 0;
  }
  return load_real(a.x, a.type, pixel(a.in, (i64)sample * a.in_channels + channel, at));
}
struct Patches {
  const ConvolutionArgs &a;
  DEVICE float operator()(i64 m, i64 k) const {
    Spot o(a.size, m);
    Taps t(a, k);
    return looked_at(a, o.sample, (int)blockIdx.z * (a.in_channels / a.groups) + t.channel, o.at, t.t);
  }
};
struct Filters {
  const ConvolutionArgs &a;
  i64 terms;
  DEVICE float operator()(i64 k, i64 n) const { return load_real(a.w, a.type, ((i64)blockIdx.z * (a.out_channels / a.groups) + n) * terms + k); }
};
struct Image {
  const ConvolutionArgs &a;
  DEVICE void operator()(i64 m, i64 n, float sum) const {
    Spot o(a.size, m);
    i64 channel = (i64)blockIdx.z * (a.out_channels / a.groups) + n;
    if (a.bias) sum += load_real(a.bias, a.type, channel);
    store_real(a.out, a.type, pixel(a.size, o.sample * (i64)a.out_channels + channel, o.at), sum);
  }
};
KERNEL(convolution, ConvolutionArgs, 256) {
  i64 terms = (i64)(args.in_channels / args.groups) * args.taps[0] * args.taps[1] * args.taps[2];
  product(Patches{args}, Filters{args, terms}, Image{args}, (i64)args.samples * args.size[0] * args.size[1] * args.size[2],
      args.out_channels / args.groups, terms, false, true);
}

// dx[s, c, i] = Σ dy[s, o, (i + before - t · dilation) / stride] w[o, c, t], where that divides
struct Arrived {
  const ConvolutionArgs &a;
  DEVICE float operator()(i64 m, i64 k) const {
    Spot in(a.in, m);
    Taps t(a, k);
    int o[3];
    for (int i = 0; i < 3; i++) {
      int at = in.at[i] + a.before[i] - t.t[i] * a.dilation[i];
      o[i] = at / a.stride[i];
      if (at < 0 || o[i] * a.stride[i] != at || o[i] >= a.size[i]) return 0;
    }
    i64 channel = (i64)blockIdx.z * (a.out_channels / a.groups) + t.channel;
    return load_real(a.y, a.type, pixel(a.size, (i64)in.sample * a.out_channels + channel, o));
  }
};
struct TurnedFilters {
  const ConvolutionArgs &a;
  DEVICE float operator()(i64 k, i64 n) const {
    Taps t(a, k);
    i64 channel = (i64)blockIdx.z * (a.out_channels / a.groups) + t.channel;
    return load_real(a.w, a.type, pixel(a.taps, channel * (a.in_channels / a.groups) + n, t.t));
  }
};
struct InputImage {
  const ConvolutionArgs &a;
  DEVICE void operator()(i64 m, i64 n, float sum) const {
    Spot in(a.in, m);
    i64 channel = (i64)blockIdx.z * (a.in_channels / a.groups) + n;
    store_real(a.out, a.type, pixel(a.in, (i64)in.sample * a.in_channels + channel, in.at), sum);
  }
};
KERNEL(convolution_input_gradient, ConvolutionArgs, 256) {
  i64 terms = (i64)(args.out_channels / args.groups) * args.taps[0] * args.taps[1] * args.taps[2];
  product(Arrived{args}, TurnedFilters{args}, InputImage{args}, (i64)args.samples * args.in[0] * args.in[1] * args.in[2],
      args.in_channels / args.groups, terms, false, false);
}

// dw[o, c, t] = Σ dy[s, o, p] x[s, c, p · stride - before + t · dilation]
struct Gradients {
  const ConvolutionArgs &a;
  DEVICE float operator()(i64 m, i64 k) const {
    Spot o(a.size, k);
    i64 channel = (i64)blockIdx.z * (a.out_channels / a.groups) + m;
    return load_real(a.y, a.type, pixel(a.size, (i64)o.sample * a.out_channels + channel, o.at));
  }
};
struct TurnedPatches {
  const ConvolutionArgs &a;
  DEVICE float operator()(i64 k, i64 n) const {
    Spot o(a.size, k);
    Taps t(a, n);
    return looked_at(a, o.sample, (int)blockIdx.z * (a.in_channels / a.groups) + t.channel, o.at, t.t);
  }
};
struct FilterResult {
  const ConvolutionArgs &a;
  i64 columns;
  DEVICE void operator()(i64 m, i64 n, float sum) const {
    store_real(a.out, a.type, ((i64)blockIdx.z * (a.out_channels / a.groups) + m) * columns + n, sum);
  }
};
KERNEL(convolution_weight_gradient, ConvolutionArgs, 256) {
  i64 columns = (i64)(args.in_channels / args.groups) * args.taps[0] * args.taps[1] * args.taps[2];
  product(Gradients{args}, TurnedPatches{args}, FilterResult{args, columns}, args.out_channels / args.groups, columns,
      (i64)args.samples * args.size[0] * args.size[1] * args.size[2], true, true);
}
