package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.training.data.Frames;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricsTest {
  @Test
  void psnrOfOneLevelOffEverywhere() {
    // 20·log10(255 / 5)
    assertEquals(34.1514035, Metrics.psnr(flat(100), flat(105)), 1e-6);
    assertEquals(Double.POSITIVE_INFINITY, Metrics.psnr(flat(100), flat(100)));
    assertEquals(0, Metrics.psnr(flat(0), flat(255)), 1e-12);
  }

  @Test
  void ssimOfEqualClipsIsOne() { assertEquals(1, Metrics.ssim(random(1), random(1)), 1e-12); }

  @Test
  void ssimOfFlatClipsIsThatOfTheirMeans() {
    // no variance: (2·100·150 + 6.5025) / (100² + 150² + 6.5025)
    assertEquals(30006.5025 / 32506.5025, Metrics.ssim(flat(100), flat(150)), 1e-9);
  }

  @Test
  void ssimIsTheFormulaAtEveryPlace() {
    Frames a = random(2);
    Frames b = random(3);
    assertEquals(naiveSsim(a, b), Metrics.ssim(a, b), 1e-10);
    assertTrue(Metrics.ssim(a, b) < 0.1);
  }

  @Test
  void rejectsOtherSizes() {
    Frames a = Frames.of(1, 12, 12, new byte[432]);
    assertThrows(IllegalArgumentException.class, () -> Metrics.psnr(a, flat(1)));
    Frames small = Frames.of(1, 8, 8, new byte[192]);
    assertThrows(IllegalArgumentException.class, () -> Metrics.ssim(small, small));
  }

  private static Frames flat(int level) {
    byte[] rgb = new byte[2 * 15 * 13 * 3];
    Arrays.fill(rgb, (byte) level);
    return Frames.of(2, 15, 13, rgb);
  }

  private static Frames random(long seed) {
    byte[] rgb = new byte[2 * 15 * 13 * 3];
    new Random(seed).nextBytes(rgb);
    return Frames.of(2, 15, 13, rgb);
  }

  /// Window by window, with central moments.
  private static double naiveSsim(Frames a, Frames b) {
    double sum = 0;
    int places = 0;
    for (int t = 0; t < 2; t++) {
      for (int c = 0; c < 3; c++) {
        for (int top = 0; top <= 4; top++) {
          for (int left = 0; left <= 2; left++) {
            sum += window(a, b, t, top, left, c);
            places++;
          }
        }
      }
    }
    return sum / places;
  }

  private static double window(Frames a, Frames b, int t, int top, int left, int c) {
    double total = 0;
    double meanA = 0;
    double meanB = 0;
    for (int i = 0; i < 121; i++) {
      double weight = weight(i);
      total += weight;
      meanA += weight * level(a, t, top, left, c, i);
      meanB += weight * level(b, t, top, left, c, i);
    }
    meanA /= total;
    meanB /= total;
    double varA = 0;
    double varB = 0;
    double cov = 0;
    for (int i = 0; i < 121; i++) {
      double offA = level(a, t, top, left, c, i) - meanA;
      double offB = level(b, t, top, left, c, i) - meanB;
      varA += weight(i) * offA * offA / total;
      varB += weight(i) * offB * offB / total;
      cov += weight(i) * offA * offB / total;
    }
    return (2 * meanA * meanB + 6.5025) * (2 * cov + 58.5225) / ((meanA * meanA + meanB * meanB + 6.5025) * (varA + varB
        + 58.5225));
  }

  private static double weight(int i) {
    int x = i % 11 - 5;
    int y = i / 11 - 5;
    return Math.exp(-(x * x + y * y) / 4.5);
  }

  private static int level(Frames frames, int t, int top, int left, int c, int i) {
    return frames.rgb()[frames.offset(t, top + i / 11, left + i % 11) + c] & 0xff;
  }
}
