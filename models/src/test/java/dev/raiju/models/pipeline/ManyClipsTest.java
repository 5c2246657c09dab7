package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Leaks;
import dev.raiju.tensor.backend.HostMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// Many clips in one process: at once, and one after the other with cancellations and failures between them.
class ManyClipsTest {
  private static final Device DEVICE = Device.named("cpu");
  private static final List<Recipe> RECIPES = List.of(TinyPipeline.FEW_STEPS, TinyPipeline.GUIDED);
  private static final List<String> TEXTS = List.of("A cat runs.", "a red circle moves right", "two dogs", "in the park", "静态");
  private static final int SEEDS = 4;
  private static final int PROMPTS = TEXTS.size() * SEEDS;

  private static Prompt prompt(int i) { return Prompt.of(TEXTS.get(i % TEXTS.size())).seed(i / TEXTS.size()); }

  private static List<Clip> oneAfterTheOther(Recipe recipe) throws IOException {
    List<Clip> clips = new ArrayList<>();
    try (VideoPipeline pipeline = TinyPipeline.open(recipe, DEVICE)) {
      for (int i = 0; i < PROMPTS; i++) clips.add(pipeline.generate(prompt(i), Progress.NONE));
    }
    assertEquals(PROMPTS, new HashSet<>(clips).size(), "different prompts and seeds give different clips");
    return clips;
  }

  @Test
  void eightPipelinesAtOnceGiveTheClipsOfOne() throws Exception {
    int threads = 8;
    int jobs = 63;
    List<List<Clip>> expected = new ArrayList<>();
    for (Recipe recipe : RECIPES) expected.add(oneAfterTheOther(recipe));
    long buffers = HostMemory.liveBuffers();
    CyclicBarrier start = new CyclicBarrier(threads);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int kind = t % RECIPES.size();
        Random order = new Random(t);
        all.add(pool.submit((Callable<Integer>) () -> {
          try (VideoPipeline pipeline = TinyPipeline.open(RECIPES.get(kind), DEVICE)) {
            start.await();
            int same = 0;
            for (int job = 0; job < jobs; job++) {
              int i = order.nextInt(PROMPTS);
              if (pipeline.generate(prompt(i), Progress.NONE).equals(expected.get(kind).get(i))) same++;
            }
            return same;
          }
        }));
      }
      for (Future<Integer> one : all) assertEquals(jobs, one.get());
    }
    assertEquals(buffers, HostMemory.liveBuffers());
  }

  /// What happens to a clip in the making.
  private enum Fate { FINISHED, STOPPED, INTERRUPTED, BROKEN, REFUSED }

  @Test
  void aThousandClipsFinishedStoppedOrBrokenLeaveMemoryAsItWas() throws IOException {
    for (Recipe recipe : RECIPES) {
      List<Clip> expected = oneAfterTheOther(recipe);
      long buffersAround = HostMemory.liveBuffers();
      try (VideoPipeline pipeline = TinyPipeline.open(recipe, DEVICE)) {
        Random random = new Random(5);
        int parts = parts(pipeline);
        long buffers = HostMemory.liveBuffers();
        int tensors = Leaks.open().size();
        assertTrue(tensors > 0, "the search for leaks is on, and sees the weights");
        long held = 0;
        long heap = 0;
        for (int cycle = 0; cycle < 500; cycle++) {
          // by then every size of block has been asked for
          if (cycle == 50) {
            held = HostMemory.heldBytes();
            heap = heapBytes();
          }
          int i = random.nextInt(PROMPTS);
          live(pipeline, Fate.values()[cycle % Fate.values().length], prompt(i), expected.get(i), random.nextInt(parts));
          assertEquals(buffers, HostMemory.liveBuffers());
        }
        assertEquals(tensors, Leaks.open().size(), () -> Leaks.open().toString());
        assertEquals(held, HostMemory.heldBytes());
        long grown = heapBytes() - heap;
        assertTrue(grown < 450 << 10, () -> "450 cycles left " + grown + " bytes in the heap; at most 1 KiB each");
      }
      assertEquals(buffersAround, HostMemory.liveBuffers());
    }
  }

  /// How often a clip tells of its progress.
  private static int parts(VideoPipeline pipeline) {
    List<Progress.Part> parts = new ArrayList<>();
    pipeline.generate(prompt(0), parts::add);
    return parts.size();
  }

  /// @param when the report of progress at which it happens
  private static void live(VideoPipeline pipeline, Fate fate, Prompt prompt, Clip expected, int when) {
    switch (fate) {
      case FINISHED -> assertEquals(expected, pipeline.generate(prompt, Progress.NONE));
      case STOPPED -> assertThrows(CancellationException.class, () -> pipeline.generate(prompt, at(when, () -> {
        throw new CancellationException();
      })));
      case INTERRUPTED -> {
        // an interrupt after the last part comes too late to stop anything
        int early = Math.max(0, when - 1);
        assertThrows(CancellationException.class, () -> pipeline.generate(prompt, at(early, () -> Thread.currentThread()
            .interrupt())));
        assertTrue(Thread.interrupted(), "the interrupt is still there for the caller");
      }
      case BROKEN -> assertThrows(IllegalStateException.class, () -> pipeline.generate(prompt, at(when, () -> {
        throw new IllegalStateException("a listener's mistake");
      })));
      case REFUSED -> assertThrows(IllegalArgumentException.class, () -> pipeline.generate(Prompt.of("cat ".repeat(40)),
          Progress.NONE));
    }
  }

  private static Progress at(int when, Runnable action) {
    int[] reports = {0};
    return _ -> {
      if (reports[0]++ == when) action.run();
    };
  }

  private static long heapBytes() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
