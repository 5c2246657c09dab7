// Elementwise formulas: y[i] = f(x0[i], x1[i], …), inputs read through strides, the result contiguous.
//
// The host compiles the formula's tree to a short program for a machine with float and integer slots; all threads take the same
// branches. A thread runs each step for 4 elements, which shares the decoding among them.
#include "device.glsl"

const int ELEMENTS = 4, SLOTS = 24, WHOLE_SLOTS = 8;

// The order of Java's FormulaProgram.Step. Those from WHOLE_CONSTANT on touch integer slots; comparisons give 1 or 0 in a float slot.
const int CONSTANT = 0, LOAD = 1, NEGATE = 2, ABS = 3, SIGN = 4, FLOOR = 5, ROUND = 6, SQRT = 7, EXP = 8, LOG = 9, SIN = 10, COS = 11, TANH = 12,
  ERF = 13, NOT = 14, ADD = 15, SUBTRACT = 16, MULTIPLY = 17, DIVIDE = 18, MIN = 19, MAX = 20, LESS = 21, LESS_EQUAL = 22, EQUAL = 23, AND = 24,
  OR = 25, SELECT = 26, WHOLE_CONSTANT = 27, WHOLE_LOAD = 28, WHOLE_NEGATE = 29, WHOLE_ABS = 30, WHOLE_SIGN = 31, WHOLE_ADD = 32,
  WHOLE_SUBTRACT = 33, WHOLE_MULTIPLY = 34, WHOLE_MIN = 35, WHOLE_MAX = 36, WHOLE_LESS = 37, WHOLE_LESS_EQUAL = 38, WHOLE_EQUAL = 39,
  WHOLE_SELECT = 40;

layout(buffer_reference, scalar) readonly buffer FormulaArgs {
  i64 count;
  u64 to;
  int to_type, to_is_whole, to_slot, rank;
  // whether every input is contiguous or one element
  int is_flat, steps;
  i64 sizes[8];
  u64 from[8];
  int types[8];
  i64 strides[8][8];
  i64 constants[16];
  // step, slot of the result, slots of up to three operands, a byte each; a float constant's bits are the upper half
  uvec2 code[192];
};

// 2/π to 224 bits
const uint TWO_OVER_PI[7] = {0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};

// |x| = quadrant · π/2 + r by whole numbers, exactly enough for every float: Payne and Hanek 1983. NaN and infinities give NaN.
float quarter_turns(float x, out int quadrant) {
  uint bits = floatBitsToUint(x) & 0x7fffffffu;
  quadrant = 0;
  if (bits >= 0x7f800000u) return NOT_A_NUMBER;
  if (bits < 0x3f490fdbu) return uintBitsToFloat(bits);
  // x = mantissa · 2^(shift - 31), the mantissa of 32 bits with its highest set; the words of 2/π before `first` only add whole turns
  uint mantissa = (bits & 0x7fffffu | 0x800000u) << 8;
  int shift = int(bits >> 23) - 126;
  int first = max(shift - 34, 0) / 32;
  int inside = shift - first * 32;
  uint word[4];
  for (int i = 0; i < 4; i++) word[i] = first + i < 7 ? TWO_OVER_PI[first + i] : 0u;
  // mantissa · 2/π as a fraction of 128 bits above the last word
  u64 low = u64(mantissa) * u64(word[2]) + (u64(mantissa) * u64(word[3]) >> 32);
  u64 middle = u64(mantissa) * u64(word[1]) + (low >> 32);
  u64 high = u64(mantissa) * u64(word[0]) + (middle >> 32);
  uint p0 = uint(high >> 32), p1 = uint(high), p2 = uint(middle), p3 = uint(low);
  // the point lies `inside` bits below the top of p0, which is left away where all of it is whole turns
  if (inside > 33) {
    p0 = p1;
    p1 = p2;
    p2 = p3;
    p3 = 0u;
    inside -= 32;
  }
  u64 top = u64(p0) << 32 | u64(p1);
  u64 rest = u64(p2) << 32 | u64(p3);
  u64 whole = inside == 0 ? 0ul : top >> 64 - inside;
  u64 fraction = inside == 0 ? top : top << inside | rest >> 64 - inside;
  quadrant = int(whole) & 3;
  bool above = (fraction >> 63) != 0ul;
  if (above) {
    quadrant = quadrant + 1 & 3;
    fraction = 0ul - fraction;
  }
  if (fraction == 0ul) return 0.0;
  int position = highest(fraction);
  u64 aligned = fraction << 63 - position;
  // times π/2, which is 0xc90fdaa22168c235 · 2^-63, then one rounding
  u64 product = (aligned >> 32) * 0xc90fdaa2ul + ((aligned & 0xfffffffful) * 0xc90fdaa2ul >> 32) + ((aligned >> 32) * 0x2168c235ul >> 32);
  int e = highest(product);
  u64 kept = product >> e - 23;
  if ((product >> e - 24 & 1ul) != 0ul) kept++;
  float r = float(uint(kept)) * power_of_two(e - 23 + position - 126);
  return above ? -r : r;
}
float sine_near_zero(float a) {
  precise float s = a * a;
  precise float r = ((2.86567956e-6 * s - 1.98559923e-4) * s + 8.33338592e-3) * s - 1.66666672e-1;
  precise float y = r * (a * s) + a;
  return y;
}
float cosine_near_zero(float a) {
  precise float s = a * a;
  precise float y = (((2.44677067e-5 * s - 1.38877297e-3) * s + 4.16666567e-2) * s - 0.5) * s + 1.0;
  return y;
}
float sine(float x) {
  if (x == 0.0) return x;
  int quadrant;
  float r = quarter_turns(x, quadrant);
  float y = (quadrant & 1) != 0 ? cosine_near_zero(r) : sine_near_zero(r);
  if (quadrant > 1) y = -y;
  return (floatBitsToUint(x) >> 31) != 0u ? -y : y;
}
float cosine(float x) {
  int quadrant;
  float r = quarter_turns(x, quadrant);
  float y = (quadrant & 1) != 0 ? sine_near_zero(r) : cosine_near_zero(r);
  return quadrant == 1 || quadrant == 2 ? -y : y;
}
float error_function(float x) {
  if (is_nan(x)) return x;
  precise float t = abs(x);
  precise float s = x * x;
  if (t > 0.927734375) {
    t = min(t, 10.0);
    s = t * t;
    precise float r = -1.72853470e-5 * t + 3.83197126e-4;
    precise float u = -3.88396438e-3 * t + 2.42546219e-2;
    r = r * s + u;
    r = r * t - 1.06777877e-1;
    r = r * t - 6.34846687e-1;
    r = r * t - 1.28717512e-1;
    r = r * t - t;
    float y = 1.0 - exponential(r);
    return x < 0.0 ? -y : y;
  }
  precise float r = ((((-5.96761703e-4 * s + 4.99119423e-3) * s - 2.67681349e-2) * s + 1.12819925e-1) * s - 3.76125336e-1) * s + 1.28379166e-1;
  precise float y = r * x + x;
  return y;
}
// of edges, not left to the driver
float root(float x) {
  if (x == 0.0 || is_nan(x) || x == INFINITE) return x;
  return x < 0.0 ? NOT_A_NUMBER : sqrt(x);
}

i64 place_of(FormulaArgs args, int operand, i64 i) {
  if (args.is_flat != 0) return i * args.strides[operand][7];
  PLACE(at, i, args.rank, args.sizes, args.strides[operand])
  return at;
}

#define EACH for (int e = 0; e < ELEMENTS; e++)
float f[SLOTS][ELEMENTS];
i64 w[WHOLE_SLOTS][ELEMENTS];

void whole_step(FormulaArgs args, uvec2 code, i64 first, i64 stride) {
  int y = int(code.x >> 8 & 255u), a = int(code.x >> 16 & 255u), b = int(code.x >> 24), c = int(code.y & 255u);
  switch (int(code.x & 255u)) {
    case WHOLE_CONSTANT: EACH w[y][e] = args.constants[a]; break;
    case WHOLE_LOAD: EACH {
      i64 i = first + e * stride;
      if (i < args.count) w[y][e] = load_whole(args.from[a], args.types[a], place_of(args, a, i));
    } break;
    case WHOLE_NEGATE: EACH w[y][e] = -w[a][e]; break;
    case WHOLE_ABS: EACH w[y][e] = w[a][e] < 0l ? -w[a][e] : w[a][e]; break;
    case WHOLE_SIGN: EACH w[y][e] = w[a][e] > 0l ? 1l : w[a][e] < 0l ? -1l : 0l; break;
    case WHOLE_ADD: EACH w[y][e] = w[a][e] + w[b][e]; break;
    case WHOLE_SUBTRACT: EACH w[y][e] = w[a][e] - w[b][e]; break;
    case WHOLE_MULTIPLY: EACH w[y][e] = w[a][e] * w[b][e]; break;
    case WHOLE_MIN: EACH w[y][e] = w[a][e] < w[b][e] ? w[a][e] : w[b][e]; break;
    case WHOLE_MAX: EACH w[y][e] = w[a][e] > w[b][e] ? w[a][e] : w[b][e]; break;
    case WHOLE_LESS: EACH f[y][e] = w[a][e] < w[b][e] ? 1.0 : 0.0; break;
    case WHOLE_LESS_EQUAL: EACH f[y][e] = w[a][e] <= w[b][e] ? 1.0 : 0.0; break;
    case WHOLE_EQUAL: EACH f[y][e] = w[a][e] == w[b][e] ? 1.0 : 0.0; break;
    case WHOLE_SELECT: EACH w[y][e] = f[a][e] != 0.0 ? w[b][e] : w[c][e]; break;
  }
}

void step(FormulaArgs args, uvec2 code, i64 first, i64 stride) {
  int y = int(code.x >> 8 & 255u), a = int(code.x >> 16 & 255u), b = int(code.x >> 24), c = int(code.y & 255u);
  switch (int(code.x & 255u)) {
    case CONSTANT: EACH f[y][e] = uintBitsToFloat(code.y); break;
    case LOAD: EACH {
      i64 i = first + e * stride;
      if (i < args.count) f[y][e] = load_real(args.from[a], args.types[a], place_of(args, a, i));
    } break;
    case NEGATE: EACH f[y][e] = uintBitsToFloat(floatBitsToUint(f[a][e]) ^ 0x80000000u); break;
    case ABS: EACH f[y][e] = uintBitsToFloat(floatBitsToUint(f[a][e]) & 0x7fffffffu); break;
    case SIGN: EACH f[y][e] = f[a][e] > 0.0 ? 1.0 : f[a][e] < 0.0 ? -1.0 : f[a][e]; break;
    case FLOOR: EACH f[y][e] = f[a][e] == 0.0 ? f[a][e] : floor(f[a][e]); break;
    case ROUND: EACH f[y][e] = uintBitsToFloat(floatBitsToUint(roundEven(f[a][e])) & 0x7fffffffu | floatBitsToUint(f[a][e]) & 0x80000000u); break;
    case SQRT: EACH f[y][e] = root(f[a][e]); break;
    case EXP: [[dont_unroll]] EACH f[y][e] = exponential(f[a][e]); break;
    case LOG: [[dont_unroll]] EACH f[y][e] = logarithm(f[a][e]); break;
    case SIN: [[dont_unroll]] EACH f[y][e] = sine(f[a][e]); break;
    case COS: [[dont_unroll]] EACH f[y][e] = cosine(f[a][e]); break;
    case TANH: [[dont_unroll]] EACH f[y][e] = tangent(f[a][e]); break;
    case ERF: [[dont_unroll]] EACH f[y][e] = error_function(f[a][e]); break;
    case NOT: EACH f[y][e] = f[a][e] != 0.0 ? 0.0 : 1.0; break;
    case ADD: EACH f[y][e] = f[a][e] + f[b][e]; break;
    case SUBTRACT: EACH f[y][e] = f[a][e] - f[b][e]; break;
    case MULTIPLY: EACH f[y][e] = f[a][e] * f[b][e]; break;
    case DIVIDE: EACH f[y][e] = f[a][e] / f[b][e]; break;
    case MIN: EACH f[y][e] = smaller(f[a][e], f[b][e]); break;
    case MAX: EACH f[y][e] = larger(f[a][e], f[b][e]); break;
    case LESS: EACH f[y][e] = f[a][e] < f[b][e] ? 1.0 : 0.0; break;
    case LESS_EQUAL: EACH f[y][e] = f[a][e] <= f[b][e] ? 1.0 : 0.0; break;
    case EQUAL: EACH f[y][e] = f[a][e] == f[b][e] ? 1.0 : 0.0; break;
    case AND: EACH f[y][e] = f[a][e] != 0.0 && f[b][e] != 0.0 ? 1.0 : 0.0; break;
    case OR: EACH f[y][e] = f[a][e] != 0.0 || f[b][e] != 0.0 ? 1.0 : 0.0; break;
    case SELECT: EACH f[y][e] = f[a][e] != 0.0 ? f[b][e] : f[c][e]; break;
    default: if (KERNEL == FORMULA_ANY) whole_step(args, code, first, stride);
  }
}

void main() {
  FormulaArgs args = FormulaArgs(launch.arguments);
  i64 stride = thread_count();
  for (i64 first = thread_index(); first < args.count; first += stride * ELEMENTS) {
    for (int s = 0; s < args.steps; s++) step(args, args.code[s], first, stride);
    EACH {
      i64 i = first + e * stride;
      if (i >= args.count) break;
      if (KERNEL == FORMULA_ANY && args.to_is_whole != 0) store_whole(args.to, args.to_type, i, w[args.to_slot][e], false);
      else store_real(args.to, args.to_type, i, f[args.to_slot][e]);
    }
  }
}
