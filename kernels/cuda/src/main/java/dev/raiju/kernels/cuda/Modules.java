package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/// The kernels of the PTX files, each loaded when it is first asked for: compiling one takes the driver a moment, which it spares
/// itself the next time.
final class Modules {
  private record Key(String file, String kernel) {}

  private final CudaDriver driver;
  private final Map<String, Long> modules = new HashMap<>();
  private final Map<Key, Long> functions = new HashMap<>();

  Modules(CudaDriver driver) { this.driver = driver; }

  synchronized long function(String file, String kernel) {
    return functions.computeIfAbsent(new Key(file, kernel), key -> {
      long module = modules.computeIfAbsent(key.file(), this::load);
      return driver.function(module, key.kernel());
    });
  }

  private long load(String file) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] ptx = read(file);
      MemorySegment text = arena.allocate(ptx.length);
      MemorySegment.copy(MemorySegment.ofArray(ptx), 0, text, 0, ptx.length);
      return driver.loadModule(file, text);
    }
  }

  private static byte[] read(String file) {
    try (InputStream in = Modules.class.getResourceAsStream(file + ".ptx")) {
      if (in == null) throw new IllegalStateException("cuda: " + file + ".ptx is missing from the jar");
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
