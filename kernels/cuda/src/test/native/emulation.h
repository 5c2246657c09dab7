// The device layer on a CPU, its threads as fibers. What an asynchronous copy brings is NaN until it is waited for.
#pragma once
#include "fibers.h"

#define DEVICE inline
#define UNROLL
#define ROLLED
#define threadIdx (emu::current->index)
#define blockIdx emu::block_index
#define blockDim emu::block_size
#define gridDim emu::grid_size

#define KERNEL(name, Args, threads) \
  static void name(const Args &args); \
  static emu::Registration name##_registration(#name, sizeof(Args), threads, [](const void *p) { name(*(const Args *)p); }); \
  static void name(const Args &args)
#define SHARED(Type, name) Type &name = *(Type *)emu::shared_memory(sizeof(Type))
#define BARRIER() emu::block_barrier(SITE("barrier"))
#define WARP_BARRIER() emu::warp_barrier(SITE("warp barrier"))

static inline float warp_xor(float value, int mask) { return warp_read(value, emu::current->number % 32 ^ mask); }
static inline i64 warp_xor(i64 value, int mask) { return warp_read(value, emu::current->number % 32 ^ mask); }
static inline float warp_from(float value, int lane) { return warp_read(value, lane); }
static inline int leading_zeros(u64 value) { return value ? __builtin_clzll(value) : 64; }
static inline u32 bits_of(float value) {
  u32 bits;
  memcpy(&bits, &value, 4);
  return bits;
}
static inline float float_of(u32 bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
static inline u32 high_product(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }

// by hand, since not every compiler has a half type
static inline float float_of_half(u16 h) {
  int exponent = h >> 10 & 31, fraction = h & 1023;
  float x = exponent == 31 ? (fraction ? NAN : INFINITY)
      : exponent           ? ldexpf((float)(fraction + 1024), exponent - 25)
                           : ldexpf((float)fraction, -24);
  return h & 0x8000 ? -x : x;
}
static inline u16 half_of_float(float x) {
  u16 sign = bits_of(x) >> 31 ? 0x8000 : 0;
  float m = fabsf(x);
  if (m != m) return sign | 0x7fff;
  if (m >= 65520.f) return sign | 0x7c00;
  int exponent = m == 0 ? -14 : ilogbf(m);
  if (exponent < -14) exponent = -14;
  int steps = (int)rintf(ldexpf(m, 10 - exponent));
  return sign | (u16)(steps + (exponent + 14) * 1024);
}

static inline void async_copy(void *shared, const void *global, bool valid) {
  emu::Copy copy;
  copy.to = shared;
  copy.group = emu::current->groups;
  if (valid) memcpy(copy.bytes, global, 16);
  else memset(copy.bytes, 0, 16);
  memset(shared, 0xff, 16);
  emu::current->copies.push_back(copy);
}
static inline void async_commit() { emu::current->groups++; }
template <int pending> static inline void async_wait_here(emu::Site &site) {
  site.reached++;
  if (site.off) return;
  auto &copies = emu::current->copies;
  size_t kept = 0;
  for (auto &copy : copies) {
    if (copy.group < emu::current->groups - pending) memcpy(copy.to, copy.bytes, 16);
    else copies[kept++] = copy;
  }
  copies.resize(kept);
}
#define ASYNC_WAIT(pending) async_wait_here<pending>(SITE("wait"))

static inline void load_matrices(u32 (&r)[4], const void *shared) {
  int own = emu::current->number % 32;
  memcpy(emu::exchange(own), &shared, sizeof shared);
  emu::warp_barrier();
  for (int m = 0; m < 4; m++) {
    const unsigned char *row;
    memcpy(&row, emu::exchange(m * 8 + own / 4), sizeof row);
    memcpy(&r[m], row + own % 4 * 4, 4);
  }
  emu::warp_barrier();
}
static inline void load_matrices_turned(u32 (&r)[4], const void *shared) {
  int own = emu::current->number % 32;
  memcpy(emu::exchange(own), &shared, sizeof shared);
  emu::warp_barrier();
  for (int m = 0; m < 4; m++) {
    u16 both[2];
    for (int i = 0; i < 2; i++) {
      const unsigned char *row;
      memcpy(&row, emu::exchange(m * 8 + own % 4 * 2 + i), sizeof row);
      memcpy(&both[i], row + own / 4 * 2, 2);
    }
    r[m] = both[0] | (u32)both[1] << 16;
  }
  emu::warp_barrier();
}
template <class Wide> static inline void multiply_wide(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, Wide wide16) {
  int own = emu::current->number % 32;
  u32 mine[6] = {a[0], a[1], a[2], a[3], b0, b1};
  memcpy(emu::exchange(own), mine, sizeof mine);
  emu::warp_barrier();
  for (int i = 0; i < 4; i++) {
    int row = own / 4 + (i / 2) * 8, column = own % 4 * 2 + i % 2;
    float sum = c[i];
    for (int k = 0; k < 16; k++) {
      u32 x[6], y[6];
      memcpy(x, emu::exchange(row % 8 * 4 + k % 8 / 2), sizeof x);
      memcpy(y, emu::exchange(column * 4 + k % 8 / 2), sizeof y);
      u32 pair_a = x[row / 8 + k / 8 * 2], pair_b = y[4 + k / 8];
      sum += wide16((u16)(pair_a >> k % 2 * 16)) * wide16((u16)(pair_b >> k % 2 * 16));
    }
    c[i] = sum;
  }
  emu::warp_barrier();
}
static inline void multiply_bf16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  multiply_wide(c, a, b0, b1, [](u16 bits) { return float_of((u32)bits << 16); });
}
static inline void multiply_f16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  multiply_wide(c, a, b0, b1, [](u16 bits) { return float_of_half(bits); });
}
