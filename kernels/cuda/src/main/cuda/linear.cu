// y = act(x wᵀ + b) on the matrix units, for bf16 and f16 factors; sums, bias and activation in f32.
//
// A block computes 128x128, each of 8 warps 64x32 of it by mma.m16n8k16. 32 terms at a time pass through three buffers in shared
// memory, filled by asynchronous copies of 16 bytes while the matrix units work on another. A row of a buffer is 64 bytes, four
// pieces of 16; piece p of row r lies at p ^ (r / 2 % 4), so that the eight rows that ldmatrix reads at once fill all banks.
#include "device.cuh"

#define SIDE 128
#define DEPTH 32
#define STAGES 3

struct LinearArgs {
  i64 rows, columns, terms;
  // [rows, terms] and [columns, terms], each row at a multiple of 16 bytes
  const void *x, *w;
  const void *bias;
  void *out;
  i64 gelu;
  // elements from one matrix to the next, along the grid's third axis
  i64 x_batch, w_batch, out_batch;
};
struct LinearShared {
  u16 x[STAGES][SIDE * DEPTH], w[STAGES][SIDE * DEPTH];
};

DEVICE int piece(int row, int p) { return row * DEPTH + ((p ^ (row / 2 % 4)) * 8); }

DEVICE void fetch(u16 *shared, const u16 *global, i64 row0, i64 rows, i64 k0, i64 terms) {
  for (int i = 0; i < 2; i++) {
    int n = threadIdx.x + i * 256;
    int row = n / 4, p = n % 4;
    bool valid = row0 + row < rows && k0 + p * 8 < terms;
    async_copy(shared + piece(row, p), valid ? global + (row0 + row) * terms + k0 + p * 8 : global, valid);
  }
}

DEVICE float gelu_tanh(float x) { return 0.5f * x * (1.f + tanhf(0.7978845608028654f * (x + 0.044715f * x * x * x))); }

// Bias and result are of type Out.
template <class T, class Out> DEVICE void linear(const LinearArgs &args) {
  SHARED(LinearShared, shared);
  i64 row0 = (i64)blockIdx.x * SIDE, column0 = (i64)blockIdx.y * SIDE;
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int warp_row = warp / 4 * 64, warp_column = warp % 4 * 32;
  const u16 *x = (const u16 *)args.x + blockIdx.z * args.x_batch, *w = (const u16 *)args.w + blockIdx.z * args.w_batch;
  Out *out = (Out *)args.out + blockIdx.z * args.out_batch;
  float acc[4][4][4] = {};
  i64 steps = (args.terms + DEPTH - 1) / DEPTH;
  for (int s = 0; s < STAGES - 1; s++) {
    if (s < steps) {
      fetch(shared.x[s], x, row0, args.rows, (i64)s * DEPTH, args.terms);
      fetch(shared.w[s], w, column0, args.columns, (i64)s * DEPTH, args.terms);
    }
    async_commit();
  }
  for (i64 step = 0; step < steps; step++) {
    ASYNC_WAIT(STAGES - 2);
    // the buffer's copies by all threads are there, and nobody reads the one that is filled next
    BARRIER();
    i64 ahead = step + STAGES - 1;
    if (ahead < steps) {
      fetch(shared.x[ahead % STAGES], x, row0, args.rows, ahead * DEPTH, args.terms);
      fetch(shared.w[ahead % STAGES], w, column0, args.columns, ahead * DEPTH, args.terms);
    }
    async_commit();
    const u16 *sx = shared.x[step % STAGES], *sw = shared.w[step % STAGES];
    UNROLL for (int half = 0; half < 2; half++) {
      u32 a[4][4], b[2][4];
      // lanes 0-15 name the rows' first 8 terms, lanes 16-31 their second
      UNROLL for (int i = 0; i < 4; i++) load_matrices(a[i], sx + piece(warp_row + i * 16 + lane % 16, half * 2 + lane / 16));
      // columns 0-7 with both halves of the terms, then columns 8-15
      UNROLL for (int j = 0; j < 2; j++) load_matrices(b[j], sw + piece(warp_column + j * 16 + lane / 16 * 8 + lane % 8, half * 2 + lane / 8 % 2));
      UNROLL for (int i = 0; i < 4; i++) {
        UNROLL for (int j = 0; j < 4; j++) multiply(acc[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1], T());
      }
    }
  }
  UNROLL for (int i = 0; i < 4; i++) {
    UNROLL for (int j = 0; j < 4; j++) {
      UNROLL for (int e = 0; e < 4; e++) {
        i64 row = row0 + warp_row + i * 16 + lane / 4 + e / 2 * 8, column = column0 + warp_column + j * 8 + lane % 4 * 2 + e % 2;
        if (row >= args.rows || column >= args.columns) continue;
        float y = acc[i][j][e];
        if (args.bias) y += wide(((const Out *)args.bias)[column]);
        if (args.gelu) y = gelu_tanh(y);
        store(out + row * args.columns + column, y);
      }
    }
  }
}
KERNEL(linear_bf16_bf16, LinearArgs, 256) { linear<bf16, bf16>(args); }
KERNEL(linear_bf16_f16, LinearArgs, 256) { linear<bf16, f16>(args); }
KERNEL(linear_bf16_f32, LinearArgs, 256) { linear<bf16, float>(args); }
KERNEL(linear_f16_f16, LinearArgs, 256) { linear<f16, f16>(args); }
KERNEL(linear_f16_bf16, LinearArgs, 256) { linear<f16, bf16>(args); }
KERNEL(linear_f16_f32, LinearArgs, 256) { linear<f16, float>(args); }
