package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Leaks;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Stopping a clip from another thread, at any moment.
class CancellationTest {
  private static final Device CPU = Device.named("cpu");
  private static final Prompt PROMPT = Prompt.of("A cat runs.").seed(3).size(16, 16);

  private enum Way { TOKEN, INTERRUPT }

  /// How many operations a clip is made of.
  private static int operations(VideoPipeline pipeline) {
    int[] count = new int[1];
    try (Trace.Registration _ = Trace.listen((_, _, _) -> count[0]++)) {
      pipeline.generate(PROMPT, Progress.NONE);
    }
    return count[0];
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void stopsAfterAnyOperationAndLeavesNothing(Way way) throws IOException {
    try (VideoPipeline pipeline = TinyPipeline.withWanVae(TinyPipeline.GUIDED, CPU)) {
      Clip expected = pipeline.generate(PROMPT, Progress.NONE);
      int operations = operations(pipeline);
      assertTrue(operations > 200, "operations: " + operations);
      long buffers = HostMemory.liveBuffers();
      int tensors = Leaks.open().size();
      Random random = new Random(11);
      Set<Stage> stopped = EnumSet.noneOf(Stage.class);
      for (int i = 0; i < 100; i++) {
        // the last operation leaves nothing to stop
        int when = random.nextInt(operations - 1);
        Stage[] stage = {Stage.ENCODE};
        int[] seen = new int[1];
        Cancellation token = new Cancellation();
        try (Trace.Registration _ = Trace.listen((_, _, _) -> {
          if (seen[0]++ != when) return;
          if (way == Way.TOKEN) token.cancel();
          else Thread.currentThread().interrupt();
        })) {
          Progress progress = part -> stage[0] = part.stage();
          assertThrows(CancellationException.class, () -> pipeline.generate(PROMPT, progress.until(token)));
        }
        assertEquals(way == Way.INTERRUPT, Thread.interrupted());
        assertEquals(when + 1, seen[0], "it ends with the operation that was running");
        assertEquals(buffers, HostMemory.liveBuffers());
        stopped.add(stage[0]);
      }
      assertEquals(EnumSet.of(Stage.ENCODE, Stage.DENOISE, Stage.DECODE), stopped);
      assertEquals(tensors, Leaks.open().size(), () -> Leaks.open().toString());
      assertEquals(expected, pipeline.generate(PROMPT, Progress.NONE));
    }
  }

  @Test
  void anotherThreadStopsItWithinAMoment() throws Exception {
    try (VideoPipeline pipeline = TinyPipeline.open(TinyPipeline.GUIDED, CPU);
        ExecutorService pool = Executors.newSingleThreadExecutor()) {
      Clip expected = pipeline.generate(PROMPT, Progress.NONE);
      long buffers = HostMemory.liveBuffers();
      List<Stage> stages = new ArrayList<>();
      Cancellation token = new Cancellation();
      Progress endless = part -> {
        synchronized (stages) {
          stages.add(part.stage());
          stages.notifyAll();
        }
      };
      Future<Long> stopped = pool.submit(() -> {
        while (true) {
          try {
            pipeline.generate(PROMPT, endless.until(token));
          } catch (CancellationException e) {
            return System.nanoTime();
          }
        }
      });
      synchronized (stages) {
        while (stages.size() < 40) stages.wait();
      }
      long asked = System.nanoTime();
      token.cancel();
      double seconds = (stopped.get() - asked) / 1e9;
      // the whole clip takes a few hundredths; this is for a machine that is busy otherwise
      assertTrue(seconds < 2, "stopped after " + seconds + " s");
      assertEquals(buffers, HostMemory.liveBuffers());
      assertEquals(expected, pipeline.generate(PROMPT, Progress.NONE));
    }
  }

  @Test
  void everyStepHasAPreview() throws IOException {
    List<Integer> steps = new ArrayList<>();
    List<Clip> clips = new ArrayList<>();
    try (VideoPipeline pipeline = TinyPipeline.open(TinyPipeline.FEW_STEPS, CPU)) {
      Clip made = pipeline.generate(PROMPT, Progress.NONE.previewing((step, clip) -> {
        steps.add(step);
        clips.add(clip);
      }));
      assertEquals(List.of(1, 2, 3, 4), steps);
      // the last guess of a few-step sampler is the clip
      assertEquals(made, clips.getLast());
      assertEquals(made, pipeline.generate(PROMPT, Progress.NONE));
      assertFalse(made.equals(clips.getFirst()));
    }
  }

  @Test
  void everyTileIsTold() throws IOException {
    List<Progress.Part> decoded = new ArrayList<>();
    try (VideoPipeline pipeline = TinyPipeline.withWanVae(TinyPipeline.FEW_STEPS, CPU)) {
      pipeline.generate(PROMPT, part -> {
        if (part.stage() == Stage.DECODE) decoded.add(part);
      });
    }
    assertEquals(List.of(0, 1, 2), decoded.stream().map(Progress.Part::done).toList());
  }
}
