package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.emit.CpuFeatures.Leaf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CpuFeaturesTest {
  private static final int AVX_AND_XSAVE = 1 << 28 | 1 << 27 | 1 << 12;
  private static final int AVX2 = 1 << 5;
  private static final int AVX512 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
  private static final long ALL_SAVED = 0xe7;

  /// A processor that answers what it was given.
  private record Processor(int highest, int oneEcx, int sevenEbx, int sevenEcx, int moreEax, long saved)
      implements
        CpuFeatures.Questions {
    @Override
    public Leaf cpuid(int leaf, int part) {
      return switch (leaf) {
        case 0 -> new Leaf(highest, 0, 0, 0);
        case 1 -> new Leaf(0, 0, oneEcx, 0);
        case 7 -> part == 0 ? new Leaf(1, sevenEbx, sevenEcx, 0) : new Leaf(moreEax, 0, 0, 0);
        default -> throw new AssertionError("leaf " + leaf);
      };
    }

    @Override
    public long xgetbv() {
      if ((oneEcx >> 27 & 1) == 0) throw new AssertionError("xgetbv is not allowed here");
      return saved;
    }
  }

  private static String features(int highest, int oneEcx, int sevenEbx, int sevenEcx, int moreEax, long saved) {
    return CpuFeatures.of(new Processor(highest, oneEcx, sevenEbx, sevenEcx, moreEax, saved)).toString();
  }

  @Test
  void readsWhatTheProcessorHas() {
    assertEquals("avx2 fma avx512 avx512_bf16 avx512_vnni", features(13, AVX_AND_XSAVE, AVX2 | AVX512, 1 << 11, 1 << 5,
        ALL_SAVED));
    assertEquals("avx2 fma avx512", features(13, AVX_AND_XSAVE, AVX2 | AVX512, 0, 0, ALL_SAVED));
    assertEquals("avx2 fma", features(13, AVX_AND_XSAVE, AVX2, 0, 0, 7));
    assertEquals("none", features(1, 0, 0, 0, 0, 0));
  }

  @Test
  void countsOnlyWhatTheSystemSaves() {
    assertEquals("avx2 fma", features(13, AVX_AND_XSAVE, AVX2 | AVX512, 1 << 11, 1 << 5, 7));
    assertEquals("none", features(13, AVX_AND_XSAVE, AVX2 | AVX512, 1 << 11, 1 << 5, 3));
    assertEquals("none", features(13, 1 << 28 | 1 << 12, AVX2 | AVX512, 1 << 11, 1 << 5, ALL_SAVED));
  }

  @Test
  void avx512IsAllOfItsParts() {
    for (int part : new int[] {16, 17, 30, 31})
      assertEquals("avx2 fma", features(13, AVX_AND_XSAVE, AVX2 | AVX512 & ~(1 << part), 1 << 11, 1 << 5, ALL_SAVED));
  }

  /// The same as Linux finds.
  @Test
  void asksThisProcessor() throws IOException {
    Path file = Path.of("/proc/cpuinfo");
    assumeTrue(System.getProperty("os.arch").equals("amd64") && Files.exists(file), "not Linux on x86-64");
    List<String> flags = Files.readAllLines(file).stream().filter(line -> line.startsWith("flags")).limit(1).toList();
    Set<String> found = Set.of(flags.getFirst().replaceFirst("flags\\s*:\\s*", "").split(" "));
    CpuFeatures here = CpuFeatures.here(new PosixPages());
    assertEquals(found.contains("avx2"), here.avx2());
    assertEquals(found.contains("fma"), here.fma());
    assertEquals(found.containsAll(Set.of("avx512f", "avx512bw", "avx512dq", "avx512vl")), here.avx512());
    assertEquals(found.contains("avx512_bf16"), here.bf16());
    assertEquals(found.contains("avx512_vnni"), here.vnni());
  }
}
