package dev.raiju.export.runtime;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.Replay;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.CancellationException;

/// Runs the plans of a bundle one after the other, with the memory of one of them at a time.
record Playback(Bundle bundle, Device device) {
  void generate(int[] ids, long seed, Bundle.FrameSink sink) throws IOException {
    int tokens = bundle.run().tokens();
    if (ids.length == 0 || ids.length > tokens)
      throw new IllegalArgumentException("bundle: a text of " + ids.length + " tokens; needs 1 to " + tokens);
    try (Scope _ = Scope.open()) {
      decode(denoise(context(ids), seed), sink);
    }
  }

  private Tensor context(int[] ids) {
    int[] padded = Arrays.copyOf(ids, bundle.run().tokens());
    byte[] mask = new byte[padded.length];
    Arrays.fill(mask, 0, ids.length, (byte) 1);
    try (Replay replay = bundle.replay(Bundle.TEXT, device)) {
      return output(replay.run(Map.of("ids", Tensor.of(Spec.of(DType.I32, 1, padded.length), MemorySegment.ofArray(padded),
          device), "mask", Tensor.of(Spec.of(DType.BOOL, 1, mask.length), MemorySegment.ofArray(mask), device))), "context");
    }
  }

  private Tensor denoise(Tensor context, long seed) {
    Tensor latent = noise(seed, 0);
    try (Replay replay = bundle.replay(Bundle.STEP, device)) {
      int index = 0;
      for (ClipRun.Step step : bundle.run().steps()) {
        index++;
        stopIfAsked();
        try (Scope scope = Scope.open()) {
          Tensor fresh = step.noise() == 0
              ? Tensor.full(new Spec(DType.F32, bundle.run().latent()), 0, device)
              : noise(seed, index);
          Tensor before = latent;
          latent = scope.keep(output(replay.run(Map.of("latent", latent, "noise", fresh, "timestep", floats(step.timestep()),
              "blend", floats(1, step.velocity(), step.keep(), step.noise()), "context", context)), "latent"));
          before.close();
        }
      }
    }
    return latent;
  }

  private static void stopIfAsked() {
    if (Thread.currentThread().isInterrupted()) throw new CancellationException("bundle: interrupted");
  }

  /// Draw 0 is what the first step starts from, draw `i` is added before step `i`.
  private Tensor noise(long seed, int draw) {
    Shape shape = bundle.run().latent();
    return Rng.of(seed).stream("noise").seek(draw * shape.elements()).normal(device, shape.sizes());
  }

  private Tensor floats(double... values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) narrow[i] = (float) values[i];
    return Tensor.of(Spec.of(DType.F32, narrow.length), MemorySegment.ofArray(narrow), device);
  }

  private void decode(Tensor latent, Bundle.FrameSink sink) throws IOException {
    SequencedMap<String, Tensor> given = new LinkedHashMap<>();
    for (Value value : Objects.requireNonNull(bundle.plans().get(Bundle.DECODE)).graph().values()) {
      if (value instanceof Value.Input(String name, Spec spec)) given.put(name, Tensor.full(spec, 0, device));
    }
    try (Replay replay = bundle.replay(Bundle.DECODE, device)) {
      for (long t = 0; t < latent.size(2); t++) {
        stopIfAsked();
        try (Scope scope = Scope.open()) {
          given.put("latent", latent.slice(2, t, 1));
          SequencedMap<String, Tensor> made = replay.run(given);
          Tensor frames = output(made, "frames");
          long factor = frames.size(1);
          // what the decoder makes of having no past comes before frame 0
          for (long i = t == 0 ? factor - 1 : 0; i < factor; i++)
            sink.take(Math.toIntExact(t * factor + i - factor + 1), rgb(frames.select(1, i)));
          for (var past : made.entrySet()) {
            if (!given.containsKey(past.getKey())) continue;
            Tensor before = given.put(past.getKey(), scope.keep(past.getValue()));
            if (before != null) before.close();
          }
        }
      }
    }
  }

  private static Tensor output(Map<String, Tensor> outputs, String name) { return Objects.requireNonNull(outputs.get(name)); }

  /// Three planes to pixels of three bytes: `round(255 · x)`.
  private static byte[] rgb(Tensor frame) {
    float[] planes = frame.toFloats();
    byte[] pixels = new byte[planes.length];
    int plane = planes.length / 3;
    for (int i = 0; i < planes.length; i++) {
      // NaN narrows to 0
      pixels[3 * (i % plane) + i / plane] = (byte) (Math.clamp(planes[i], 0f, 1f) * 255 + 0.5f);
    }
    return pixels;
  }
}
