// Elementwise formulas: y[i] = f(x0[i], x1[i], …), inputs read through strides, the result contiguous.
//
// The host compiles the formula's tree to a short program for a machine with float and integer slots; it lies with the arguments
// in constant memory, so that all threads of a simdgroup take the same branches. A thread runs each step for 4 elements, which
// shares the decoding among them.

constant constexpr int FORMULA_ELEMENTS = 4;
constant constexpr int FORMULA_SLOTS = 24;
constant constexpr int FORMULA_WHOLE_SLOTS = 8;

// The order of Java's FormulaStep. Those from WHOLE_CONSTANT on touch integer slots; comparisons give 1 or 0 in a float slot.
enum FormulaStep {
  CONSTANT, LOAD, NEGATE, ABS, SIGN, FLOOR, ROUND, SQRT, EXP, LOG, SIN, COS, TANH, ERF, NOT, ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX,
  LESS, LESS_EQUAL, EQUAL, AND, OR, SELECT, WHOLE_CONSTANT, WHOLE_LOAD, WHOLE_NEGATE, WHOLE_ABS, WHOLE_SIGN, WHOLE_ADD, WHOLE_SUBTRACT,
  WHOLE_MULTIPLY, WHOLE_MIN, WHOLE_MAX, WHOLE_LESS, WHOLE_LESS_EQUAL, WHOLE_EQUAL, WHOLE_SELECT
};

struct FormulaArgs {
  long count;
  device void *out;
  int out_type, out_is_whole;
  int out_slot, rank;
  // whether every input is contiguous or one element
  int is_flat, steps;
  Axes sizes;
  device const void *in[8];
  int types[8];
  Axes strides[8];
  long constants[16];
  // step, slot of the result, slots of up to three operands, a byte each; a float constant's bits are the upper half
  ulong code[192];
};

// The language has no error function: polynomials of Cephes' kind, to a few units in the last place.
float error_function(float x) {
  if (is_nan(x)) return x;
  float t = fabs(x), s = x * x;
  if (t > 0.927734375f) {
    t = t < 10.f ? t : 10.f;
    s = t * t;
    float r = fma(-1.72853470e-5f, t, 3.83197126e-4f);
    float u = fma(-3.88396438e-3f, t, 2.42546219e-2f);
    r = fma(r, s, u);
    r = fma(r, t, -1.06777877e-1f);
    r = fma(r, t, -6.34846687e-1f);
    r = fma(r, t, -1.28717512e-1f);
    r = fma(r, t, -t);
    float y = 1.f - precise::exp(r);
    return x < 0 ? -y : y;
  }
  float r = fma(-5.96761703e-4f, s, 4.99119423e-3f);
  r = fma(r, s, -2.67681349e-2f);
  r = fma(r, s, 1.12819925e-1f);
  r = fma(r, s, -3.76125336e-1f);
  r = fma(r, s, 1.28379166e-1f);
  return fma(r, x, x);
}

long input_place(constant FormulaArgs &args, int input, long i) {
  return args.is_flat ? i * args.strides[input].sizes[7] : place(i, args.rank, args.sizes, args.strides[input]);
}

#define EACH for (int e = 0; e < FORMULA_ELEMENTS; e++)

// One step that touches integer slots.
void whole_step(constant FormulaArgs &args, ulong code, long first, long stride, thread float (*f)[FORMULA_ELEMENTS],
    thread long (*w)[FORMULA_ELEMENTS]) {
  thread float *y = f[code >> 8 & 31];
  thread const float *a = f[code >> 16 & 31];
  thread long *v = w[code >> 8 & 7];
  thread const long *p = w[code >> 16 & 7], *q = w[code >> 24 & 7], *r = w[code >> 32 & 7];
  int input = (int)(code >> 16 & 255);
  switch ((int)(code & 255)) {
    case WHOLE_CONSTANT: EACH v[e] = args.constants[input]; break;
    case WHOLE_LOAD: EACH {
      long i = first + e * stride;
      if (i >= args.count) break;
      v[e] = load_whole(args.in[input], args.types[input], input_place(args, input, i));
    } break;
    case WHOLE_NEGATE: EACH v[e] = (long)(0 - (ulong)p[e]); break;
    case WHOLE_ABS: EACH v[e] = p[e] < 0 ? (long)(0 - (ulong)p[e]) : p[e]; break;
    case WHOLE_SIGN: EACH v[e] = (p[e] > 0) - (p[e] < 0); break;
    case WHOLE_ADD: EACH v[e] = (long)((ulong)p[e] + (ulong)q[e]); break;
    case WHOLE_SUBTRACT: EACH v[e] = (long)((ulong)p[e] - (ulong)q[e]); break;
    case WHOLE_MULTIPLY: EACH v[e] = (long)((ulong)p[e] * (ulong)q[e]); break;
    case WHOLE_MIN: EACH v[e] = p[e] < q[e] ? p[e] : q[e]; break;
    case WHOLE_MAX: EACH v[e] = p[e] > q[e] ? p[e] : q[e]; break;
    case WHOLE_LESS: EACH y[e] = p[e] < q[e]; break;
    case WHOLE_LESS_EQUAL: EACH y[e] = p[e] <= q[e]; break;
    case WHOLE_EQUAL: EACH y[e] = p[e] == q[e]; break;
    case WHOLE_SELECT: EACH v[e] = a[e] != 0 ? q[e] : r[e]; break;
  }
}

template <bool with_whole> void formula(constant FormulaArgs &args, Self self) {
  float f[FORMULA_SLOTS][FORMULA_ELEMENTS];
  long w[with_whole ? FORMULA_WHOLE_SLOTS : 1][FORMULA_ELEMENTS];
  long stride = stride_of(self);
  for (long first = first_of(self); first < args.count; first += stride * FORMULA_ELEMENTS) {
    for (int s = 0; s < args.steps; s++) {
      ulong code = args.code[s];
      thread float *y = f[code >> 8 & 31];
      thread const float *a = f[code >> 16 & 31], *b = f[code >> 24 & 31], *c = f[code >> 32 & 31];
      int input = (int)(code >> 16 & 255);
      switch ((int)(code & 255)) {
        case CONSTANT: EACH y[e] = as_type<float>((uint)(code >> 32)); break;
        case LOAD: EACH {
          long i = first + e * stride;
          if (i >= args.count) break;
          y[e] = load_real(args.in[input], args.types[input], input_place(args, input, i));
        } break;
        case NEGATE: EACH y[e] = -a[e]; break;
        case ABS: EACH y[e] = fabs(a[e]); break;
        case SIGN: EACH y[e] = a[e] > 0 ? 1.f : a[e] < 0 ? -1.f : a[e]; break;
        case FLOOR: EACH y[e] = floor(a[e]); break;
        case ROUND: EACH y[e] = rint(a[e]); break;
        case SQRT: EACH y[e] = precise::sqrt(a[e]); break;
        case EXP: EACH y[e] = precise::exp(a[e]); break;
        case LOG: EACH y[e] = precise::log(a[e]); break;
        case SIN: EACH y[e] = precise::sin(a[e]); break;
        case COS: EACH y[e] = precise::cos(a[e]); break;
        case TANH: EACH y[e] = precise::tanh(a[e]); break;
        case ERF: EACH y[e] = error_function(a[e]); break;
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
        default:
          if (with_whole) whole_step(args, code, first, stride, f, w);
      }
    }
    EACH {
      long i = first + e * stride;
      if (i >= args.count) break;
      if (with_whole && args.out_is_whole) store_whole(args.out, args.out_type, i, w[args.out_slot & 7][e], false);
      else store_real(args.out, args.out_type, i, f[args.out_slot][e]);
    }
  }
}
KERNEL(formula_float, FormulaArgs, formula<false>)
KERNEL(formula_any, FormulaArgs, formula<true>)
