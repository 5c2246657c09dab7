// Products in f32: matrices through any strides, layers with weights in blocks, and convolutions as products with a matrix that is
// never written.
//
// A threadgroup computes a 64x64 tile, each of 256 threads 4x4 of it; 16 terms at a time are brought to shared memory, turned so
// that both factors are read along rows.

constant constexpr int TILE = 64;
constant constexpr int DEPTH = 16;
// keeps the columns that one simdgroup writes in different banks
constant constexpr int PITCH = TILE + 4;

struct ProductShared {
  float left[DEPTH][PITCH], right[DEPTH][PITCH];
};

// As the factors of a linear layer are rounded to its compute type.
float rounded(float x, int type) {
  if (type == BF16) return float_of_bf16(bf16_bits(x));
  return type == F16 ? (float)(half)x : x;
}

// One tile of out[m, n] = Σ_k left(m, k) right(k, n). `along_k` tells along which of its two indices a factor lies in memory.
template <class Left, class Right, class Out>
void product(Left left, Right right, Out out, long rows, long columns, long terms, bool left_along_k, bool right_along_k, Self self,
    threadgroup ProductShared &shared) {
  long row0 = (long)self.group.x * TILE, column0 = (long)self.group.y * TILE;
  int t = (int)self.index, ty = t / 16, tx = t % 16;
  float acc[4][4] = {};
  for (long k0 = 0; k0 < terms; k0 += DEPTH) {
    for (int i = 0; i < 4; i++) {
      int n = t + i * 256;
      int k = left_along_k ? n % DEPTH : n / TILE, m = left_along_k ? n / DEPTH : n % TILE;
      shared.left[k][m] = row0 + m < rows && k0 + k < terms ? left(row0 + m, k0 + k) : 0.f;
      k = right_along_k ? n % DEPTH : n / TILE, m = right_along_k ? n / DEPTH : n % TILE;
      shared.right[k][m] = column0 + m < columns && k0 + k < terms ? right(k0 + k, column0 + m) : 0.f;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (int k = 0; k < DEPTH; k++) {
      float a[4], b[4];
      for (int i = 0; i < 4; i++) {
        a[i] = shared.left[k][ty * 4 + i];
        b[i] = shared.right[k][tx * 4 + i];
      }
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) acc[i][j] = fma(a[i], b[j], acc[i][j]);
      }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) {
      long m = row0 + ty * 4 + i, n = column0 + tx * 4 + j;
      if (m < rows && n < columns) out(m, n, acc[i][j]);
    }
  }
}

// out[batch, m, n] = act(Σ_k a[batch, m, k] b[batch, k, n] + bias[n]), the bias only if there is one.
struct MatrixArgs {
  long rows, columns, terms;
  device const void *a, *b, *bias;
  device void *out;
  long a_row, a_term, b_term, b_column;
  int a_type, b_type, out_type, round;
  int gelu, batch_rank;
  // that of the grid's third axis at 0
  long first_batch;
  Axes batch_sizes, a_batch, b_batch;
};
struct MatrixElement {
  device const void *p;
  int type, round;
  long base, first, second;
  float operator()(long i, long j) const { return rounded(load_real(p, type, base + i * first + j * second), round); }
};
struct MatrixResult {
  constant MatrixArgs *args;
  long batch;
  void operator()(long m, long n, float sum) const {
    if (args->bias) sum += load_real(args->bias, args->out_type, n);
    if (args->gelu) sum = gelu_tanh(sum);
    store_real(args->out, args->out_type, (batch * args->rows + m) * args->columns + n, sum);
  }
};
void matrices(constant MatrixArgs &args, Self self, threadgroup ProductShared &shared) {
  long batch = args.first_batch + self.group.z;
  MatrixElement a = {args.a, args.a_type, args.round, place(batch, args.batch_rank, args.batch_sizes, args.a_batch), args.a_row, args.a_term};
  MatrixElement b = {args.b, args.b_type, args.round, place(batch, args.batch_rank, args.batch_sizes, args.b_batch), args.b_term, args.b_column};
  product(a, b, MatrixResult{&args, batch}, args.rows, args.columns, args.terms, args.a_term == 1, args.b_column != 1, self, shared);
}
GROUP_KERNEL(matrix_product, MatrixArgs, ProductShared, matrices)

// out[m, n] = act(Σ_k a[m, k] w[n, k] + bias[n]) with w in groups of codes with a scale and a bias, unpacked as they are brought to
// shared memory. On the matrix units: each of 8 simdgroups computes 32x16 in products of 8x8, 32 terms at a time.
constant constexpr int BLOCK_DEPTH = 32;
constant constexpr int BLOCK_PITCH = BLOCK_DEPTH + 4;

struct LinearBlocksArgs {
  long rows, columns, terms;
  device const void *a;
  device const uchar *w;
  device const void *bias;
  device void *out;
  int a_type, out_type, round, gelu;
  int scale_type, bits, group, unused;
};
struct BlocksShared {
  float a[TILE][BLOCK_PITCH], w[TILE][BLOCK_PITCH];
  float results[8][8][16];
};
// 8 neighbours of row `n` of the weights: a group is a multiple of 8, so that they have one scale and one bias.
struct Eight {
  float of[8];
};
Eight unpack(constant LinearBlocksArgs &args, long n, long k) {
  int scale_bytes = args.scale_type == F32 ? 4 : 2;
  long at = n * args.terms + k;
  device const uchar *block = args.w + at / args.group * (2 * scale_bytes + args.group * args.bits / 8);
  float scale = load_real(block, args.scale_type, 0), bias = load_real(block, args.scale_type, 1);
  device const uchar *codes = block + 2 * scale_bytes + at % args.group * args.bits / 8;
  Eight eight;
  for (int i = 0; i < 8; i++) {
    int code = args.bits == 8 ? codes[i] : codes[i / 2] >> i % 2 * 4 & 15;
    eight.of[i] = rounded(fma(scale, (float)code, bias), args.round);
  }
  return eight;
}
float factor(constant LinearBlocksArgs &args, long m, long k) {
  return rounded(load_real(args.a, args.a_type, m * args.terms + k), args.round);
}
void finish(constant LinearBlocksArgs &args, long m, long n, float sum) {
  if (args.bias) sum += load_real(args.bias, args.out_type, n);
  if (args.gelu) sum = gelu_tanh(sum);
  store_real(args.out, args.out_type, m * args.columns + n, sum);
}

// Of a few rows, reading the weights takes all the time: each is read once, by whoever needs it, and shared memory would not help. A
// simdgroup computes 8 columns, whose terms its lanes share.
constant constexpr int FEW = 4;
void multiply_few(constant LinearBlocksArgs &args, Self self) {
  int lane = (int)self.index % 32;
  long column0 = (long)self.group.y * TILE + self.index / 32 * 8;
  for (long column = column0; column < column0 + 8 && column < args.columns; column++) {
    float sums[FEW] = {};
    for (long k = lane * 8; k < args.terms; k += 32 * 8) {
      Eight w = unpack(args, column, k);
      for (int m = 0; m < FEW && m < args.rows; m++) {
        for (int i = 0; i < 8; i++) sums[m] = fma(factor(args, m, k + i), w.of[i], sums[m]);
      }
    }
    for (int m = 0; m < FEW && m < args.rows; m++) {
      float sum = simd_sum(sums[m]);
      if (lane == 0) finish(args, m, column, sum);
    }
  }
}
void multiply_blocks(constant LinearBlocksArgs &args, Self self, threadgroup BlocksShared &shared) {
  if (args.rows <= FEW) {
    multiply_few(args, self);
    return;
  }
  long row0 = (long)self.group.x * TILE, column0 = (long)self.group.y * TILE;
  int simdgroup = (int)self.index / 32, lane = (int)self.index % 32;
  int part_row = simdgroup / 4 * 32, part_column = simdgroup % 4 * 16;
  // of each tile, a thread brings 8 neighbours of one row
  int own_row = (int)self.index / 4, own_term = (int)self.index % 4 * 8;
  simdgroup_float8x8 acc[4][2];
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 2; j++) acc[i][j] = simdgroup_float8x8(0);
  }
  for (long k0 = 0; k0 < args.terms; k0 += BLOCK_DEPTH) {
    // the terms before are not needed any more
    threadgroup_barrier(mem_flags::mem_threadgroup);
    long row = row0 + own_row, column = column0 + own_row, k = k0 + own_term;
    Eight w = {};
    if (column < args.columns && k < args.terms) w = unpack(args, column, k);
    for (int i = 0; i < 8; i++) {
      shared.a[own_row][own_term + i] = row < args.rows && k + i < args.terms ? factor(args, row, k + i) : 0.f;
      shared.w[own_row][own_term + i] = w.of[i];
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (int c = 0; c < BLOCK_DEPTH; c += 8) {
      simdgroup_float8x8 left[4], right[2];
      for (int i = 0; i < 4; i++) simdgroup_load(left[i], &shared.a[part_row + i * 8][c], BLOCK_PITCH);
      for (int j = 0; j < 2; j++) simdgroup_load(right[j], &shared.w[part_column + j * 8][c], BLOCK_PITCH, ulong2(0), true);
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 2; j++) simdgroup_multiply_accumulate(acc[i][j], left[i], right[j], acc[i][j]);
      }
    }
  }
  long column = column0 + part_column + lane % 16;
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 2; j++) simdgroup_store(acc[i][j], &shared.results[simdgroup][0][j * 8], 16);
    simdgroup_barrier(mem_flags::mem_threadgroup);
    for (int r = lane / 16; r < 8; r += 2) {
      long row = row0 + part_row + i * 8 + r;
      if (row < args.rows && column < args.columns) finish(args, row, column, shared.results[simdgroup][r][lane % 16]);
    }
    // before the next rows take this place
    simdgroup_barrier(mem_flags::mem_threadgroup);
  }
}
GROUP_KERNEL(linear_blocks, LinearBlocksArgs, BlocksShared, multiply_blocks)

// Convolution over three spatial axes, those that are missing of size 1. x [N, C, i0, i1, i2], w [O, C / groups, t0, t1, t2],
// y [N, O, o0, o1, o2], all contiguous and of one type. The grid's third axis is the group.
struct ConvolutionArgs {
  device const void *x, *w, *y, *bias;
  device void *out;
  int type, groups;
  int samples, in_channels, out_channels, unused;
  int in[3], taps[3], size[3], stride[3], before[3], dilation[3];
};
struct Taps {
  int channel, t[3];
};
Taps taps_of(constant ConvolutionArgs &a, long k) {
  Taps taps;
  uint rest = (uint)k;
  for (int axis = 2; axis >= 0; axis--) {
    taps.t[axis] = (int)(rest % (uint)a.taps[axis]);
    rest /= (uint)a.taps[axis];
  }
  taps.channel = (int)rest;
  return taps;
}
// A place in one of the images, whose sizes are given.
struct Spot {
  int sample, at[3];
};
Spot spot_of(constant int *sizes, long m) {
  Spot spot;
  spot.at[2] = (int)(m % sizes[2]);
  uint rest = (uint)(m / sizes[2]);
  spot.at[1] = (int)(rest % (uint)sizes[1]);
  rest /= (uint)sizes[1];
  spot.at[0] = (int)(rest % (uint)sizes[0]);
  spot.sample = (int)(rest / (uint)sizes[0]);
  return spot;
}
long pixel(constant int *sizes, long plane, thread const int *at) {
  return ((plane * sizes[0] + at[0]) * sizes[1] + at[1]) * sizes[2] + at[2];
}

// x where tap t of output `o` looks, 0 in the padding
float looked_at(constant ConvolutionArgs &a, int sample, int channel, thread const int *o, thread const int *t) {
  int at[3];
  for (int i = 0; i < 3; i++) {
    at[i] = o[i] * a.stride[i] - a.before[i] + t[i] * a.dilation[i];
    if (at[i] < 0 || at[i] >= a.in[i]) return 0;
  }
  return load_real(a.x, a.type, pixel(a.in, (long)sample * a.in_channels + channel, at));
}

// What a convolution reads and writes; `in_first` and `out_first` are the first channels of its group.
struct Images {
  constant ConvolutionArgs *a;
  long in_first, out_first;
};
Images images_of(constant ConvolutionArgs &args, Self self) {
  return Images{&args, (long)self.group.z * (args.in_channels / args.groups), (long)self.group.z * (args.out_channels / args.groups)};
}
long taps_in_all(constant ConvolutionArgs &args) { return (long)args.taps[0] * args.taps[1] * args.taps[2]; }

struct Patches {
  Images i;
  float operator()(long m, long k) const {
    Spot o = spot_of(i.a->size, m);
    Taps t = taps_of(*i.a, k);
    return looked_at(*i.a, o.sample, (int)i.in_first + t.channel, o.at, t.t);
  }
};
struct Filters {
  Images i;
  long terms;
  float operator()(long k, long n) const { return load_real(i.a->w, i.a->type, (i.out_first + n) * terms + k); }
};
struct Image {
  Images i;
  void operator()(long m, long n, float sum) const {
    Spot o = spot_of(i.a->size, m);
    long channel = i.out_first + n;
    if (i.a->bias) sum += load_real(i.a->bias, i.a->type, channel);
    store_real(i.a->out, i.a->type, pixel(i.a->size, o.sample * (long)i.a->out_channels + channel, o.at), sum);
  }
};
void convolve(constant ConvolutionArgs &args, Self self, threadgroup ProductShared &shared) {
  long terms = args.in_channels / args.groups * taps_in_all(args);
  Images i = images_of(args, self);
  product(Patches{i}, Filters{i, terms}, Image{i}, (long)args.samples * args.size[0] * args.size[1] * args.size[2],
      args.out_channels / args.groups, terms, false, true, self, shared);
}
GROUP_KERNEL(convolution, ConvolutionArgs, ProductShared, convolve)

// dx[s, c, i] = Σ dy[s, o, (i + before - t · dilation) / stride] w[o, c, t], where that divides
struct Arrived {
  Images i;
  float operator()(long m, long k) const {
    constant ConvolutionArgs &a = *i.a;
    Spot in = spot_of(a.in, m);
    Taps t = taps_of(a, k);
    int o[3];
    for (int axis = 0; axis < 3; axis++) {
      int at = in.at[axis] + a.before[axis] - t.t[axis] * a.dilation[axis];
      o[axis] = at / a.stride[axis];
      if (at < 0 || o[axis] * a.stride[axis] != at || o[axis] >= a.size[axis]) return 0;
    }
    return load_real(a.y, a.type, pixel(a.size, (long)in.sample * a.out_channels + i.out_first + t.channel, o));
  }
};
struct TurnedFilters {
  Images i;
  float operator()(long k, long n) const {
    constant ConvolutionArgs &a = *i.a;
    Taps t = taps_of(a, k);
    return load_real(a.w, a.type, pixel(a.taps, (i.out_first + t.channel) * (a.in_channels / a.groups) + n, t.t));
  }
};
struct InputImage {
  Images i;
  void operator()(long m, long n, float sum) const {
    Spot in = spot_of(i.a->in, m);
    store_real(i.a->out, i.a->type, pixel(i.a->in, (long)in.sample * i.a->in_channels + i.in_first + n, in.at), sum);
  }
};
void input_gradient(constant ConvolutionArgs &args, Self self, threadgroup ProductShared &shared) {
  Images i = images_of(args, self);
  product(Arrived{i}, TurnedFilters{i}, InputImage{i}, (long)args.samples * args.in[0] * args.in[1] * args.in[2],
      args.in_channels / args.groups, args.out_channels / args.groups * taps_in_all(args), false, false, self, shared);
}
GROUP_KERNEL(convolution_input_gradient, ConvolutionArgs, ProductShared, input_gradient)

// dw[o, c, t] = Σ dy[s, o, p] x[s, c, p · stride - before + t · dilation]
struct Gradients {
  Images i;
  float operator()(long m, long k) const {
    Spot o = spot_of(i.a->size, k);
    return load_real(i.a->y, i.a->type, pixel(i.a->size, (long)o.sample * i.a->out_channels + i.out_first + m, o.at));
  }
};
struct TurnedPatches {
  Images i;
  float operator()(long k, long n) const {
    Spot o = spot_of(i.a->size, k);
    Taps t = taps_of(*i.a, n);
    return looked_at(*i.a, o.sample, (int)i.in_first + t.channel, o.at, t.t);
  }
};
struct FilterResult {
  Images i;
  long columns;
  void operator()(long m, long n, float sum) const { store_real(i.a->out, i.a->type, (i.out_first + m) * columns + n, sum); }
};
void weight_gradient(constant ConvolutionArgs &args, Self self, threadgroup ProductShared &shared) {
  long columns = args.in_channels / args.groups * taps_in_all(args);
  Images i = images_of(args, self);
  product(Gradients{i}, TurnedPatches{i}, FilterResult{i, columns}, args.out_channels / args.groups, columns,
      (long)args.samples * args.size[0] * args.size[1] * args.size[2], true, true, self, shared);
}
GROUP_KERNEL(convolution_weight_gradient, ConvolutionArgs, ProductShared, weight_gradient)
