/* Philox 4x32-10 (Salmon et al. 2011) and the inverse of the normal distribution function (Giles 2012) by multiply-adds alone. The
   order of operations is the result: nothing here may be contracted or reordered. */
#include "noise.h"

#include <math.h>
#include <string.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

// CRC-32C of "noise", beyond the streams that callers count with
static const uint64_t STREAM = UINT64_C(1) << 40 | 0xcbf47fe3;

static void philox(uint64_t key, uint32_t c[4]) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = UINT64_C(0xD2511F53) * c[0], p1 = UINT64_C(0xCD9E8D57) * c[2];
    c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
    c[1] = (uint32_t)p1;
    c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
    c[3] = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* The natural logarithm of a normal number in (0, 1]. */
static float logarithm(float x) {
  uint32_t bits = bits_of(x);
  int32_t shifted = (int32_t)(bits - 0x3f3504f3u);
  // rounded down, as an arithmetic shift is
  int32_t exponent = shifted < 0 ? -(int32_t)(((uint32_t)-shifted + 0x7fffffu) >> 23) : shifted >> 23;
  float m = float_of(bits - ((uint32_t)exponent << 23));
  float d = m + 1.f;
  float r = float_of(0x7ef311c3u - bits_of(d));
  for (int i = 0; i < 4; i++) r = fmaf(r, fmaf(-d, r, 1.f), r);
  float s = (m - 1.f) * r;
  float z = s * s;
  float p = fmaf(fmaf(fmaf(0.222221985f, z, 0.285714279f), z, 0.4f), z, 0.666666667f);
  float series = fmaf(p * z, s, 2.f * s);
  return fmaf((float)exponent, 0.693147182f, series);
}

static float root(float x) {
  float y = float_of(0x5f375a86u - (bits_of(x) >> 1));
  for (int i = 0; i < 4; i++) y = y * fmaf(-0.5f * x * y, y, 1.5f);
  return x * y;
}

static float polynomial(const float *factors, int count, float w) {
  float p = factors[0];
  for (int i = 1; i < count; i++) p = fmaf(p, w, factors[i]);
  return p;
}

static float normal(uint32_t bits) {
  static const float central[] = {2.81022636e-08f, 3.43273939e-07f, -3.5233877e-06f, -4.39150654e-06f, 0.00021858087f,
                                  -0.00125372503f, -0.00417768164f, 0.246640727f, 1.50140941f};
  static const float tail[] = {-0.000200214257f, 0.000100950558f, 0.00134934322f, -0.00367342844f, 0.00573950773f,
                               -0.0076224613f, 0.00943887047f, 1.00167406f, 2.83297682f};
  float x = ((float)((int32_t)(bits >> 9) - 0x3fffff) - 0.5f) * 0x1p-22f;
  float w = -logarithm(fmaf(-x, x, 1.f));
  return x * (w < 5.f ? polynomial(central, 9, w - 2.5f) : polynomial(tail, 9, root(w) - 3.f)) * 1.41421356f;
}

void noise_draw(uint64_t seed, uint64_t position, float *numbers, size_t count) {
  uint32_t block[4];
  for (size_t i = 0; i < count; i++) {
    uint64_t at = position + i;
    if (i == 0 || at % 4 == 0) {
      uint32_t counter[4] = {(uint32_t)(at >> 2), (uint32_t)(at >> 34), (uint32_t)STREAM, (uint32_t)(STREAM >> 32)};
      memcpy(block, counter, sizeof block);
      philox(seed, block);
    }
    numbers[i] = normal(block[at % 4]);
  }
}
