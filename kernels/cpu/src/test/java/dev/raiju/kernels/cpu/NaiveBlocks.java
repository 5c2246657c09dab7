package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/// Packed blocks in double, value after value as `dequantize_row_…` of `ggml-quants.c` walks through them; 8-bit floats by their bits.
final class NaiveBlocks {
  private final ByteBuffer bytes;
  private final double[] y;
  private int at;
  private int next;

  private NaiveBlocks(byte[] bytes, int values) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.y = new double[values];
  }

  /// Blocks of any bits with scales of any size, all finite.
  static byte[] random(DType type, long seed, int blocks) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = new byte[blocks * type.unitBytes()];
    random.nextBytes(bytes);
    for (int block = 0; block < blocks; block++) {
      for (int scale : scales(type)) {
        if (type.unitBytes() == 36) {
          ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(36 * block, (float) random.nextGaussian());
          // a few codes are no numbers
          for (int i = 4; i < 36; i++) bytes[36 * block + i] &= (byte) 0xbf;
          continue;
        }
        short half = Float.floatToFloat16((float) (random.nextGaussian() * Math.exp(random.nextInt(12) - 11)));
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(block * type.unitBytes() + scale, half);
      }
    }
    return bytes;
  }

  private static int[] scales(DType type) {
    return switch (type) {
      case Q8_0, Q4_0, Q5_0, F8_E4M3_G32, F8_E5M2_G32 -> new int[] {0};
      case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
      case Q2_K -> new int[] {80, 82};
      case Q3_K -> new int[] {108};
      case Q6_K -> new int[] {208};
      default -> throw new IllegalArgumentException(type.label());
    };
  }

  static double[] values(DType type, byte[] blocks) {
    int count = blocks.length / type.unitBytes();
    NaiveBlocks all = new NaiveBlocks(blocks, count * type.unit());
    for (int block = 0; block < count; block++) {
      all.at = block * type.unitBytes();
      all.next = block * type.unit();
      switch (type) {
        case Q8_0 -> all.q80();
        case Q4_0 -> all.ofHalves(2, -8 * all.f16(0), false);
        case Q4_1 -> all.ofHalves(4, all.f16(2), false);
        case Q5_0 -> all.ofHalves(6, -16 * all.f16(0), true);
        case Q5_1 -> all.ofHalves(8, all.f16(2), true);
        case Q2_K -> all.q2k();
        case Q3_K -> all.q3k();
        case Q4_K -> all.q45k(false);
        case Q5_K -> all.q45k(true);
        case Q6_K -> all.q6k();
        case F8_E4M3_G32 -> all.floats(3, 7);
        default -> all.floats(2, 15);
      }
    }
    return all.y;
  }

  private int u8(int offset) { return bytes.get(at + offset) & 0xff; }

  private double f16(int offset) { return Float.float16ToFloat(bytes.getShort(at + offset)); }

  private void put(double value) { y[next++] = value; }

  private void q80() {
    for (int j = 0; j < 32; j++) put(f16(0) * bytes.get(at + 2 + j));
  }

  private void floats(int fractionBits, int bias) {
    for (int j = 0; j < 32; j++) {
      int code = u8(4 + j);
      int exponent = (code & 0x7f) >> fractionBits;
      double fraction = (code & (1 << fractionBits) - 1) / (double) (1 << fractionBits);
      double size = exponent == 0 ? fraction * Math.pow(2, 1 - bias) : (1 + fraction) * Math.pow(2, exponent - bias);
      put(bytes.getFloat(at) * (code > 127 ? -size : size));
    }
  }

  private void ofHalves(int codes, double bias, boolean fifth) {
    int high = fifth ? bytes.getInt(at + codes - 4) : 0;
    for (int j = 0; j < 32; j++) {
      int code = j < 16 ? u8(codes + j) & 15 : u8(codes + j - 16) >> 4;
      put(f16(0) * (code + 16 * (high >>> j & 1)) + bias);
    }
  }

  private void q2k() {
    int is = 0;
    for (int q = 16; q < 80; q += 32) {
      for (int shift = 0; shift < 8; shift += 2) {
        for (int l = 0; l < 32; l++) {
          int sc = u8(is + l / 16);
          put(f16(80) * (sc & 15) * (u8(q + l) >> shift & 3) - f16(82) * (sc >> 4));
        }
        is += 2;
      }
    }
  }

  private void q3k() {
    int a = bytes.getInt(at + 96);
    int b = bytes.getInt(at + 100);
    int tmp = bytes.getInt(at + 104);
    int mask1 = 0x03030303;
    int mask2 = 0x0f0f0f0f;
    int[] aux = {a & mask2 | (tmp & mask1) << 4, b & mask2 | (tmp >> 2 & mask1) << 4, a >> 4 & mask2 | (tmp >> 4 & mask1) << 4,
      b >> 4 & mask2 | (tmp >> 6 & mask1) << 4};
    int is = 0;
    int m = 1;
    for (int q = 32; q < 96; q += 32) {
      for (int shift = 0; shift < 8; shift += 2) {
        for (int l = 0; l < 32; l++) {
          int group = is + l / 16;
          int sc = (byte) (aux[group / 4] >> 8 * (group % 4));
          put(f16(108) * (sc - 32) * ((u8(q + l) >> shift & 3) - ((u8(l) & m) != 0 ? 0 : 4)));
        }
        is += 2;
        m <<= 1;
      }
    }
  }

  private void q45k(boolean fifth) {
    int codes = fifth ? 48 : 16;
    for (int j = 0; j < 8; j++) {
      int sc = j < 4 ? u8(4 + j) & 63 : u8(4 + j + 4) & 15 | u8(4 + j - 4) >> 6 << 4;
      int m = j < 4 ? u8(4 + j + 4) & 63 : u8(4 + j + 4) >> 4 | u8(4 + j) >> 6 << 4;
      for (int l = 0; l < 32; l++) {
        int both = u8(codes + 32 * (j / 2) + l);
        int code = (j % 2 == 0 ? both & 15 : both >> 4) + (fifth && (u8(16 + l) & 1 << j) != 0 ? 16 : 0);
        put(f16(0) * sc * code - f16(2) * m);
      }
    }
  }

  private void q6k() {
    for (int half = 0; half < 2; half++) {
      int ql = 64 * half;
      int qh = 128 + 32 * half;
      int sc = 192 + 8 * half;
      double[] four = new double[128];
      for (int l = 0; l < 32; l++) {
        int[] codes = {u8(ql + l) & 15 | (u8(qh + l) & 3) << 4, u8(ql + l + 32) & 15 | (u8(qh + l) >> 2 & 3) << 4, u8(ql + l) >> 4
            | (u8(qh + l) >> 4 & 3) << 4, u8(ql + l + 32) >> 4 | u8(qh + l) >> 6 << 4};
        for (int k = 0; k < 4; k++) four[32 * k + l] = f16(208) * bytes.get(at + sc + l / 16 + 2 * k) * (codes[k] - 32);
      }
      for (double value : four) put(value);
    }
  }
}
