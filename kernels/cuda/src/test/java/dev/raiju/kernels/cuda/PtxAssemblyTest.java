package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// NVIDIA's own assembler, as jcuda carries it, takes the PTX that ships: it needs no GPU and no toolkit.
class PtxAssemblyTest {
  // of a multiprocessor; blocks of 256 threads with at most 128 registers fit twice
  private static final int REGISTERS = 65536;

  /// What the assembler says of a kernel.
  private record Use(int registers, int spilledBytes) {}

  @BeforeEach
  void isForThisMachine() {
    String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    Assumptions.assumeTrue(system.equals("Linux amd64"), "jcuda's PTX compiler runs on Linux with x86-64, not on " + system);
  }

  private static Map<String, Use> assemble(String file, String target) throws Exception {
    byte[] ptx;
    try (InputStream in = CudaProvider.class.getResourceAsStream(file + ".ptx")) {
      ptx = in.readAllBytes();
    }
    JNvPTXCompiler.setExceptionsEnabled(false);
    var compiler = new nvPTXCompilerHandle();
    assertEquals(0, JNvPTXCompiler.nvPTXCompilerCreate(compiler, ptx.length, ptx), file);
    try {
      String[] options = {"--gpu-name=" + target, "--verbose"};
      int code = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
      long[] size = new long[1];
      JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size);
      byte[] problems = new byte[(int) size[0] + 1];
      if (size[0] > 0) JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, problems);
      assertEquals(0, code, file + " for " + target + ": " + new String(problems, StandardCharsets.UTF_8).strip());
      JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(compiler, size);
      byte[] log = new byte[(int) size[0] + 1];
      JNvPTXCompiler.nvPTXCompilerGetInfoLog(compiler, log);
      Map<String, Use> uses = uses(new String(log, StandardCharsets.UTF_8));
      assertTrue(!uses.isEmpty(), file + ": the assembler says nothing of its kernels");
      return uses;
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  private static Map<String, Use> uses(String log) {
    Map<String, Use> all = new TreeMap<>();
    var entry = Pattern.compile(
        "Compiling entry function '(\\w+)'.*?(\\d+) bytes spill stores, (\\d+) bytes spill loads.*?Used (\\d+) "
            + "registers", Pattern.DOTALL).matcher(log);
    while (entry.find())
      all.put(entry.group(1), new Use(Integer.parseInt(entry.group(4)), Integer.parseInt(entry.group(2)) + Integer.parseInt(entry
          .group(3))));
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"attention", "attention_backward", "blocks", "formula", "indices", "linear", "moves",
    "narrow_attention", "narrow_attention_backward", "norms",
    "products", "reductions", "rope", "softmax", "updates"})
  void assembles(String file) throws Exception {
    for (String target : new String[] {"sm_80", "sm_90"}) {
      Map<String, Use> uses = assemble(file, target);
      uses.forEach((kernel, use) -> assertTrue(use.registers <= 255, kernel + ": " + use));
    }
  }

  /// The kernels that take the time keep everything in registers, and leave room for enough threads.
  @ParameterizedTest
  @CsvSource({"linear, 128", "attention, 128", "attention_backward, 128", "narrow_attention, 255",
    "narrow_attention_backward, 255", "norms, 64", "softmax, 64",
    "updates, 64", "rope, 64",
    "moves, 64"})
  void hotKernelsSpillNothing(String file, int registers) throws Exception {
    assemble(file, "sm_80").forEach((kernel, use) -> {
      assertEquals(0, use.spilledBytes, kernel);
      assertTrue(use.registers <= registers, kernel + ": " + use + ", of " + REGISTERS + " for all threads");
    });
  }
}
