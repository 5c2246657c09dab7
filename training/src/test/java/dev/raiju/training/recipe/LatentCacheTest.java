package dev.raiju.training.recipe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfig.Level;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Mixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Latents in shards of 16.
class LatentCacheTest {
  private static final TaeConfig SIZES = new TaeConfig(3, 4, 4, 4, List.of(new Level(4, 0, 2), new Level(8, 0, 2)), List.of(
      new Level(8, 0, 2), new Level(4, 0, 2)), 4);
  private static final int CLIPS = 20;
  private static final int PICTURES = 5;
  private static final int[] ROWS = {19, 3, 16, 3};

  private final AtomicInteger painted = new AtomicInteger();

  private Footage counted() {
    ClipStream stream = ClipStream.of(5, new Mixture(1, 1, 1, 1));
    return position -> {
      Example example = stream.at(position);
      return new Footage.Take(example.kind(), example.text(), () -> {
        painted.incrementAndGet();
        return example.paint();
      });
    };
  }

  private LatentCache open(Tae tae, Path folder, String key, int shard, int clips) throws IOException {
    painted.set(0);
    return LatentCache.open(folder, key, shard, tae.encoder(), counted(), clips, PICTURES, Device.best(), _ -> {});
  }

  private static float[] rows(LatentCache cache) {
    try (Scope scope = Scope.open()) {
      return cache.clips().rows(ROWS).toFloats();
    }
  }

  private static Tae tae() { return Tae.create(SIZES, Initializer.random(Rng.of(1), Device.best())); }

  @Test
  void shardsHoldTheSameAndAreMadeOnce(@TempDir Path whole, @TempDir Path folder) throws IOException {
    try (Tae tae = tae(); LatentCache one = open(tae, whole.resolve("latents"), "a", 32, CLIPS)) {
      assertEquals(CLIPS + PICTURES, painted.get());
      Path shards = folder.resolve("latents");
      try (LatentCache two = open(tae, shards, "a", 16, CLIPS)) {
        assertEquals(2, two.clips().shards().size());
        assertArrayEquals(rows(one), rows(two));
        assertEquals(one.clips().captions(ROWS), two.clips().captions(ROWS));
      }
      // killed before the second: the first one and the pictures stay
      Files.delete(shards.resolve("clips-00001.safetensors"));
      try (LatentCache again = open(tae, shards, "a", 16, CLIPS)) {
        assertEquals(CLIPS - 16, painted.get());
        assertArrayEquals(rows(one), rows(again));
      }
      // more clips than before: what was the last shard has become a fuller one
      open(tae, shards, "a", 16, CLIPS + 4).close();
      assertEquals(CLIPS + 4 - 16, painted.get());
      open(tae, shards, "b", 16, CLIPS).close();
      assertEquals(CLIPS + PICTURES, painted.get());
    }
  }

  @Test
  void oneFileOfAllIsStillRead(@TempDir Path folder) throws IOException {
    try (Tae tae = tae(); Scope scope = Scope.open()) {
      Rng rng = Rng.of(2);
      Tensor clips = rng.normal(Device.best(), CLIPS, 4, 5, 4, 4).to(DType.F16);
      Tensor pictures = rng.normal(Device.best(), PICTURES, 4, 1, 4, 4).to(DType.F16);
      SafeTensors.write(folder.resolve("latents.safetensors"), Map.of("clips", clips, "pictures", pictures), Map.of("key", "a"));
      try (LatentCache cache = open(tae, folder.resolve("latents"), "a", 16, CLIPS)) {
        assertEquals(0, painted.get());
        assertArrayEquals(clips.slice(0, 19, 1).toFloats(), cache.clips().rows(new int[] {19}).toFloats());
        assertEquals(PICTURES, cache.pictures().rows(ClipKind.PICTURE).length);
      }
      open(tae, folder.resolve("latents"), "b", 16, CLIPS).close();
      assertEquals(CLIPS + PICTURES, painted.get());
    }
  }
}
