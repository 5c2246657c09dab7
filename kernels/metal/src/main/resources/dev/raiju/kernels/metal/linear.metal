// y = act(x wᵀ + b) on the matrix units, for bf16 and f16 factors; sums, bias and activation in f32.
//
// A threadgroup computes 128x128, each of 8 simdgroups 64x32 of it in products of 8x8. Some terms at a time are brought to shared
// memory: 32 of f16, which the units take as they are, and 16 of bf16, which are widened, since units for them came later. Rows there
// are 16 bytes longer than their terms, so that the eight rows of a product lie in different banks.

constant constexpr int SIDE = 128;
constant constexpr int SIMDGROUPS = 8;
// of a simdgroup's part, in products
constant constexpr int HIGH = 8;
constant constexpr int WIDE = 4;

struct LinearArgs {
  long rows, columns, terms;
  // [rows, terms] and [columns, terms], each row at a multiple of 16 bytes
  device const void *x, *w;
  device const void *bias;
  device void *out;
  long gelu;
};
template <class Tile, int depth> struct LinearShared {
  Tile x[SIDE][depth + 16 / sizeof(Tile)], w[SIDE][depth + 16 / sizeof(Tile)];
  float results[SIMDGROUPS][8][8 * WIDE];
};

void bring_four(threadgroup half *to, device const half *from) { *(threadgroup half4 *)to = *(device const half4 *)from; }
void bring_four(threadgroup float *to, device const bf16 *from) {
  ushort4 four = *(device const ushort4 *)from;
  for (int i = 0; i < 4; i++) to[i] = float_of_bf16(four[i]);
}

// Rows of a factor, zeros behind the last row and the last term.
template <class Tile, int depth, class T>
void bring(threadgroup Tile (*to)[depth + 16 / sizeof(Tile)], device const T *from, long row0, long rows, long k0, long terms, Self self) {
  for (int n = (int)self.index; n < SIDE * depth / 4; n += 256) {
    int row = n / (depth / 4), k = n % (depth / 4) * 4;
    if (row0 + row < rows && k0 + k < terms) {
      bring_four(&to[row][k], from + (row0 + row) * terms + k0 + k);
    } else {
      for (int i = 0; i < 4; i++) to[row][k + i] = 0;
    }
  }
}

// Bias and result are of type Out.
template <class T, class Out, class Tile, int depth>
void linear(constant LinearArgs &args, Self self, threadgroup LinearShared<Tile, depth> &shared) {
  const int pitch = depth + 16 / sizeof(Tile);
  long row0 = (long)self.group.x * SIDE, column0 = (long)self.group.y * SIDE;
  int simdgroup = (int)self.index / 32, lane = (int)self.index % 32;
  int part_row = simdgroup / 4 * 64, part_column = simdgroup % 4 * 32;
  simdgroup_float8x8 acc[HIGH][WIDE];
  for (int i = 0; i < HIGH; i++) {
    for (int j = 0; j < WIDE; j++) acc[i][j] = simdgroup_float8x8(0);
  }
  for (long k0 = 0; k0 < args.terms; k0 += depth) {
    // the terms before are not needed any more
    threadgroup_barrier(mem_flags::mem_threadgroup);
    bring<Tile, depth>(shared.x, (device const T *)args.x, row0, args.rows, k0, args.terms, self);
    bring<Tile, depth>(shared.w, (device const T *)args.w, column0, args.columns, k0, args.terms, self);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (int k = 0; k < depth; k += 8) {
      simdgroup_matrix<Tile, 8, 8> a[HIGH], b[WIDE];
      for (int i = 0; i < HIGH; i++) simdgroup_load(a[i], &shared.x[part_row + i * 8][k], pitch);
      for (int j = 0; j < WIDE; j++) simdgroup_load(b[j], &shared.w[part_column + j * 8][k], pitch, ulong2(0), true);
      for (int i = 0; i < HIGH; i++) {
        // back and forth, so that each product shares a factor with the one before
        for (int n = 0; n < WIDE; n++) {
          int j = i % 2 ? WIDE - 1 - n : n;
          simdgroup_multiply_accumulate(acc[i][j], a[i], b[j], acc[i][j]);
        }
      }
    }
  }
  long column = column0 + part_column + lane;
  for (int i = 0; i < HIGH; i++) {
    for (int j = 0; j < WIDE; j++) simdgroup_store(acc[i][j], &shared.results[simdgroup][0][j * 8], 8 * WIDE);
    simdgroup_barrier(mem_flags::mem_threadgroup);
    for (int r = 0; r < 8; r++) {
      long row = row0 + part_row + i * 8 + r;
      if (row >= args.rows || column >= args.columns) continue;
      float y = shared.results[simdgroup][r][lane];
      if (args.bias) y += load((device const Out *)args.bias, column);
      if (args.gelu) y = gelu_tanh(y);
      store((device Out *)args.out, row * args.columns + column, y);
    }
    // before the next rows take this place
    simdgroup_barrier(mem_flags::mem_threadgroup);
  }
}
#define LINEAR(name, T, Out, Tile, depth) \
  typedef LinearShared<Tile, depth> name##_shared; \
  GROUP_KERNEL(name, LinearArgs, name##_shared, linear<T, Out, Tile, depth>)
LINEAR(linear_bf16_bf16, bf16, bf16, float, 16)
LINEAR(linear_bf16_f16, bf16, half, float, 16)
LINEAR(linear_bf16_f32, bf16, float, float, 16)
LINEAR(linear_f16_f16, half, half, half, 32)
LINEAR(linear_f16_bf16, half, bf16, half, 32)
LINEAR(linear_f16_f32, half, float, half, 32)
