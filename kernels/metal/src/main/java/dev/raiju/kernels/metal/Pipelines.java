package dev.raiju.kernels.metal;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/// The kernels, each file compiled when one of its kernels is first asked for; the system keeps what it compiled for the next process.
/// Callers take turns.
final class Pipelines {
  // what the kernels are written for, and every GPU of Apple has
  private static final long LANES = 32;

  private record Key(String file, String kernel) {}

  private final Metal metal;
  private final Map<String, MemorySegment> libraries = new HashMap<>();
  private final Map<Key, MemorySegment> pipelines = new HashMap<>();

  Pipelines(Metal metal) { this.metal = metal; }

  /// @param threads that a threadgroup will have
  MemorySegment pipeline(String file, String kernel, int threads) {
    return pipelines.computeIfAbsent(new Key(file, kernel), _ -> make(file, kernel, threads));
  }

  private MemorySegment make(String file, String kernel, int threads) {
    MemorySegment library = libraries.computeIfAbsent(file, name -> metal.newLibrary(name, source(MetalLaunches.COMMON) + source(
        name)));
    MemorySegment pipeline = metal.newPipeline(library, kernel);
    long lanes = metal.messages().whole(Message.LANES, pipeline);
    long most = metal.messages().whole(Message.MOST_THREADS, pipeline);
    if (lanes != LANES || most < threads) {
      metal.release(pipeline);
      throw new MetalException("metal: " + kernel + ": simdgroups of " + lanes + ", threadgroups of up to " + most + "; needs "
          + LANES
          + " and " + threads);
    }
    return pipeline;
  }

  /// A kernel file's text, its lines named for the compiler's messages.
  static String source(String file) { return "#line 1 \"" + file + ".metal\"\n" + MetalLaunches.source(file); }
}
