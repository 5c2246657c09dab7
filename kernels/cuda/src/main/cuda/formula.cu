// Elementwise formulas: y[i] = f(x0[i], x1[i], …), inputs read through strides, the result contiguous.
//
// The host compiles the formula's tree to a short program for a machine with float and integer slots; it lies in the constant
// bank with the arguments, so that all threads of a warp take the same branches. A thread runs each step for 4 elements, which
// shares the decoding among them.
#include "device.cuh"

#define FORMULA_ELEMENTS 4
#define FORMULA_INPUTS 8
#define FORMULA_STEPS 192
#define FORMULA_SLOTS 24
#define FORMULA_WHOLE_SLOTS 8
#define FORMULA_CONSTANTS 16

// The order of Java's FormulaStep. Those from WHOLE_CONSTANT on touch integer slots; comparisons give 1 or 0 in a float slot.
enum FormulaStep {
  CONSTANT, LOAD, NEGATE, ABS, SIGN, FLOOR, ROUND, SQRT, EXP, LOG, SIN, COS, TANH, ERF, NOT, ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX,
  LESS, LESS_EQUAL, EQUAL, AND, OR, SELECT, WHOLE_CONSTANT, WHOLE_LOAD, WHOLE_NEGATE, WHOLE_ABS, WHOLE_SIGN, WHOLE_ADD, WHOLE_SUBTRACT,
  WHOLE_MULTIPLY, WHOLE_MIN, WHOLE_MAX, WHOLE_LESS, WHOLE_LESS_EQUAL, WHOLE_EQUAL, WHOLE_SELECT
};

struct FormulaArgs {
  i64 count;
  void *out;
  int out_type, out_is_whole;
  int out_slot, rank;
  // whether every input is contiguous or one element
  int is_flat, steps;
  Axes sizes;
  const void *in[FORMULA_INPUTS];
  int types[FORMULA_INPUTS];
  Axes strides[FORMULA_INPUTS];
  i64 constants[FORMULA_CONSTANTS];
  // step, slot of the result, slots of up to three operands, a byte each; a float constant's bits are the upper half
  u64 code[FORMULA_STEPS];
};

#define EACH for (int e = 0; e < FORMULA_ELEMENTS; e++)

template <bool with_whole> DEVICE void formula(const FormulaArgs &args) {
  float f[FORMULA_SLOTS][FORMULA_ELEMENTS];
  i64 w[with_whole ? FORMULA_WHOLE_SLOTS : 1][FORMULA_ELEMENTS];
  i64 step = thread_count();
  for (i64 first = thread_index(); first < args.count; first += step * FORMULA_ELEMENTS) {
    for (int s = 0; s < args.steps; s++) {
      u64 code = args.code[s];
      float *y = f[code >> 8 & 31];
      const float *a = f[code >> 16 & 31], *b = f[code >> 24 & 31], *c = f[code >> 32 & 31];
      int input = (int)(code >> 16 & 255);
      switch ((int)(code & 255)) {
        case CONSTANT: EACH y[e] = float_of((u32)(code >> 32)); break;
        case LOAD: ROLLED EACH {
          i64 i = first + e * step;
          if (i >= args.count) break;
          i64 at = args.is_flat ? i * args.strides[input].sizes[7] : place(i, args.rank, args.sizes, args.strides[input]);
          y[e] = load_real(args.in[input], args.types[input], at);
        } break;
        case NEGATE: EACH y[e] = -a[e]; break;
        case ABS: EACH y[e] = fabsf(a[e]); break;
        case SIGN: EACH y[e] = a[e] > 0 ? 1.f : a[e] < 0 ? -1.f : a[e]; break;
        case FLOOR: EACH y[e] = floorf(a[e]); break;
        case ROUND: EACH y[e] = rintf(a[e]); break;
        case SQRT: EACH y[e] = sqrtf(a[e]); break;
        case EXP: ROLLED EACH y[e] = expf(a[e]); break;
        case LOG: ROLLED EACH y[e] = logf(a[e]); break;
        case SIN: ROLLED EACH y[e] = sinf(a[e]); break;
        case COS: ROLLED EACH y[e] = cosf(a[e]); break;
        case TANH: ROLLED EACH y[e] = tanhf(a[e]); break;
        case ERF: ROLLED EACH y[e] = erff(a[e]); break;
        case NOT: EACH y[e] = a[e] != 0 ? 0.f : 1.f; break;
        case ADD: EACH y[e] = a[e] + b[e]; break;
        case SUBTRACT: EACH y[e] = a[e] - b[e]; break;
        case MULTIPLY: EACH y[e] = a[e] * b[e]; break;
        case DIVIDE: EACH y[e] = a[e] / b[e]; break;
        case MIN: EACH y[e] = smaller(a[e], b[e]); break;
        case MAX: EACH y[e] = larger(a[e], b[e]); break;
        case LESS: EACH y[e] = a[e] < b[e]; break;
        case LESS_EQUAL: EACH y[e] = a[e] <= b[e]; break;
        case EQUAL: EACH y[e] = a[e] == b[e]; break;
        case AND: EACH y[e] = a[e] != 0 && b[e] != 0; break;
        case OR: EACH y[e] = a[e] != 0 || b[e] != 0; break;
        case SELECT: EACH y[e] = a[e] != 0 ? b[e] : c[e]; break;
        default: {
          if (!with_whole) break;
          i64 *v = w[code >> 8 & 7];
          const i64 *p = w[code >> 16 & 7], *q = w[code >> 24 & 7], *r = w[code >> 32 & 7];
          switch ((int)(code & 255)) {
            case WHOLE_CONSTANT: EACH v[e] = args.constants[input]; break;
            case WHOLE_LOAD: ROLLED EACH {
              i64 i = first + e * step;
              if (i >= args.count) break;
              i64 at = args.is_flat ? i * args.strides[input].sizes[7] : place(i, args.rank, args.sizes, args.strides[input]);
              v[e] = load_whole(args.in[input], args.types[input], at);
            } break;
            case WHOLE_NEGATE: EACH v[e] = (i64)(0 - (u64)p[e]); break;
            case WHOLE_ABS: EACH v[e] = p[e] < 0 ? (i64)(0 - (u64)p[e]) : p[e]; break;
            case WHOLE_SIGN: EACH v[e] = (p[e] > 0) - (p[e] < 0); break;
            case WHOLE_ADD: EACH v[e] = (i64)((u64)p[e] + (u64)q[e]); break;
            case WHOLE_SUBTRACT: EACH v[e] = (i64)((u64)p[e] - (u64)q[e]); break;
            case WHOLE_MULTIPLY: EACH v[e] = (i64)((u64)p[e] * (u64)q[e]); break;
            case WHOLE_MIN: EACH v[e] = p[e] < q[e] ? p[e] : q[e]; break;
            case WHOLE_MAX: EACH v[e] = p[e] > q[e] ? p[e] : q[e]; break;
            case WHOLE_LESS: EACH y[e] = p[e] < q[e]; break;
            case WHOLE_LESS_EQUAL: EACH y[e] = p[e] <= q[e]; break;
            case WHOLE_EQUAL: EACH y[e] = p[e] == q[e]; break;
            case WHOLE_SELECT: EACH v[e] = a[e] != 0 ? q[e] : r[e]; break;
          }
        }
      }
    }
    ROLLED EACH {
      i64 i = first + e * step;
      if (i >= args.count) break;
      if (with_whole && args.out_is_whole) store_whole(args.out, args.out_type, i, w[args.out_slot & 7][e], false);
      else store_real(args.out, args.out_type, i, f[args.out_slot][e]);
    }
  }
}

KERNEL(formula_float, FormulaArgs, 256) { formula<false>(args); }
KERNEL(formula_any, FormulaArgs, 256) { formula<true>(args); }
