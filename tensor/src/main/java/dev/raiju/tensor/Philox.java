package dev.raiju.tensor;

/// Philox 4x32-10: 128 random bits for each 128-bit counter under a 64-bit key. Salmon et al. 2011, "Parallel random numbers:
/// as easy as 1, 2, 3".
///
/// Element `index` of stream `stream` under `seed` is word `index mod 4` of the block whose counter is
/// `(index div 4, stream)`, so any element can be drawn alone.
public final class Philox {
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Philox() {}

  /// Turns the counter in `block` (four words, lowest first) into four random words.
  public static void block(long key, int[] block) {
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    int c0 = block[0];
    int c1 = block[1];
    int c2 = block[2];
    int c3 = block[3];
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = Integer.toUnsignedLong(M0) * Integer.toUnsignedLong(c0);
      long p1 = Integer.toUnsignedLong(M1) * Integer.toUnsignedLong(c2);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
  }

  /// 32 random bits.
  public static int bits(long seed, long stream, long index) {
    int[] block = new int[4];
    counter(block, stream, index);
    block(seed, block);
    return block[(int) (index & 3)];
  }

  /// Sets the counter of the block that holds element `index`.
  public static void counter(int[] block, long stream, long index) {
    long at = index >>> 2;
    block[0] = (int) at;
    block[1] = (int) (at >>> 32);
    block[2] = (int) stream;
    block[3] = (int) (stream >>> 32);
  }

  /// A number strictly between 0 and 1: the middle of one of 2^23 steps, exact in f32.
  public static float uniform(int bits) { return ((bits >>> 9) + 0.5f) * 0x1p-23f; }

  /// A standard normal number: the inverse of the normal distribution function at a uniform number. Giles 2012, "Approximating
  /// the erfinv function". Only multiply-adds and bit operations, so that every backend gets the same bits.
  public static float normal(int bits) {
    // x in (-1, 1), exact
    float x = ((bits >>> 9) - 0x3fffff - 0.5f) * 0x1p-22f;
    float w = -log(Math.fma(-x, x, 1f));
    return x * (w < 5 ? central(w - 2.5f) : tail(sqrt(w) - 3f)) * 1.41421356f;
  }

  private static float central(float w) {
    float p = 2.81022636e-08f;
    p = Math.fma(p, w, 3.43273939e-07f);
    p = Math.fma(p, w, -3.5233877e-06f);
    p = Math.fma(p, w, -4.39150654e-06f);
    p = Math.fma(p, w, 0.00021858087f);
    p = Math.fma(p, w, -0.00125372503f);
    p = Math.fma(p, w, -0.00417768164f);
    p = Math.fma(p, w, 0.246640727f);
    return Math.fma(p, w, 1.50140941f);
  }

  private static float tail(float w) {
    float p = -0.000200214257f;
    p = Math.fma(p, w, 0.000100950558f);
    p = Math.fma(p, w, 0.00134934322f);
    p = Math.fma(p, w, -0.00367342844f);
    p = Math.fma(p, w, 0.00573950773f);
    p = Math.fma(p, w, -0.0076224613f);
    p = Math.fma(p, w, 0.00943887047f);
    p = Math.fma(p, w, 1.00167406f);
    return Math.fma(p, w, 2.83297682f);
  }

  /// The natural logarithm of a normal number in (0, 1]: exponent and an odd series in (m - 1) / (m + 1), whose division is a
  /// Newton iteration.
  private static float log(float x) {
    int bits = Float.floatToRawIntBits(x);
    // m in [sqrt(1/2), sqrt(2))
    int exponent = (bits - 0x3f3504f3) >> 23;
    float m = Float.intBitsToFloat(bits - (exponent << 23));
    float d = m + 1f;
    float r = Float.intBitsToFloat(0x7ef311c3 - Float.floatToRawIntBits(d));
    for (int i = 0; i < 4; i++) r = Math.fma(r, Math.fma(-d, r, 1f), r);
    float s = (m - 1f) * r;
    float z = s * s;
    float p = Math.fma(Math.fma(Math.fma(0.222221985f, z, 0.285714279f), z, 0.4f), z, 0.666666667f);
    float series = Math.fma(p * z, s, 2f * s);
    return Math.fma(exponent, 0.693147182f, series);
  }

  /// The square root of a normal positive number, by Newton iterations of the reciprocal root.
  private static float sqrt(float x) {
    float y = Float.intBitsToFloat(0x5f375a86 - (Float.floatToRawIntBits(x) >>> 1));
    for (int i = 0; i < 4; i++) y = y * Math.fma(-0.5f * x * y, y, 1.5f);
    return x * y;
  }
}
