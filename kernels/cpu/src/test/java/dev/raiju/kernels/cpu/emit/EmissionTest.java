package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.scalar.ScalarMicroKernels;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class EmissionTest {
  @BeforeEach
  void needsLinux() {
    assumeTrue(System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64"),
        "not Linux on x86-64");
  }

  /// A system that lets some pieces of memory become executable, and no more.
  private static final class Hardened implements CodeMemory.Pages {
    private final CodeMemory.Pages real = new PosixPages();
    private int allowed;

    Hardened(int allowed) { this.allowed = allowed; }

    @Override
    public MemorySegment map(long bytes) { return real.map(bytes); }

    @Override
    public void makeExecutable(MemorySegment memory) {
      if (allowed-- == 0) throw new CodeMemory.RefusedException("the system refuses executable memory: mprotect: errno 13");
      real.makeExecutable(memory);
    }
  }

  @Test
  void aSystemThatForbidsExecutableMemoryIsAProblemToTell() {
    for (int allowed : List.of(0, 1)) {
      Emission emission = Emission.find(new Hardened(allowed), Level.BEST);
      if (allowed == 1) assumeTrue(emission.features().avx2(), "no AVX2 here");
      assertTrue(emission.micro().isEmpty());
      assertTrue(emission.surprising());
      assertEquals("the system refuses executable memory: mprotect: errno 13", emission.problem());
    }
  }

  @Test
  void theSystemsOwnRefusalIsHeard() {
    var e = assertThrows(CodeMemory.RefusedException.class, () -> new PosixPages().map(-4096));
    assertEquals("the system refuses executable memory: mmap: errno 12", e.getMessage());
    // an address that is not the beginning of a page
    MemorySegment page = new PosixPages().map(4096);
    var refused = assertThrows(CodeMemory.RefusedException.class, () -> new PosixPages().makeExecutable(page.asSlice(8)));
    assertEquals("the system refuses executable memory: mprotect: errno 22", refused.getMessage());
  }

  @Test
  void codeIsNeverWritableAndExecutable() throws Exception {
    MemorySegment code = CodeMemory.load(new PosixPages(), new byte[] {(byte) 0xc3});
    assertTrue(code.isReadOnly());
    String address = Long.toHexString(code.address());
    List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
    List<String> ours = maps.stream().filter(line -> line.matches("0*" + address + "-.*")).toList();
    assertEquals(1, ours.size(), address);
    assertEquals("r-xp", ours.getFirst().split(" ")[1]);
  }

  @Test
  void whatIsFoundHereIsUsable() {
    Emission here = Emission.here();
    assertEquals(here.micro().isPresent(), here.problem().isEmpty());
    assumeTrue(here.features().avx2() && here.features().fma(), "no AVX2 here");
    assertTrue(here.micro().isPresent(), here::problem);
  }

  private static MicroKernels products(Level level, CpuFeatures features) {
    return Emission.find(new PosixPages(), level, features).micro().orElseThrow().apply(new ScalarMicroKernels());
  }

  @Test
  void tilesAreWhatTheFeaturesAllow() {
    CpuFeatures here = Emission.here().features();
    assumeTrue(here.vnni() && here.bf16(), "needs a processor with all of it, this one has " + here);
    CpuFeatures old = new CpuFeatures(true, true, false, false, false);
    CpuFeatures middle = new CpuFeatures(true, true, true, false, true);
    assertEquals(6, products(Level.BEST, old).tileRows());
    assertEquals(12, products(Level.BEST, middle).tileRows());
    assertTrue(products(Level.BEST, middle).pairs().isEmpty());
    assertTrue(products(Level.BEST, here).pairs().isPresent());
    assertEquals(6, products(Level.AVX2, here).tileRows());
    assertTrue(products(Level.AVX512, here).pairs().isEmpty());
    assertTrue(products(Level.AVX512_BF16, here).pairs().isPresent());
    assertEquals("avx2 fma avx512", Emission.here(Level.AVX512).features().toString());
    assertEquals("avx2 fma", Emission.here(Level.AVX2).features().toString());
  }

  @Test
  void aLevelThatTheProcessorLacksIsAProblemToTell() {
    CpuFeatures old = new CpuFeatures(true, true, false, false, false);
    assertEquals("needs AVX-512, this processor has avx2 fma", Emission.find(new PosixPages(), Level.AVX512, old).problem());
    assertEquals("needs AVX-512 with BF16, this processor has avx2 fma", Emission.find(new PosixPages(), Level.AVX512_BF16, old)
        .problem());
    Emission none = Emission.find(new PosixPages(), Level.BEST, CpuFeatures.NONE);
    assertEquals("needs AVX2 and FMA, this processor has none", none.problem());
    assertFalse(none.surprising());
  }
}
