package dev.raiju.models.dit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;

class TimeEmbeddingTest {
  @Property(tries = 60)
  void sinusoidIsExactForAnyTimestep(@ForAll @FloatRange(min = 0, max = 1000) float timestep) {
    WanConfig config = new WanConfig(4, 1, 2, 4, 0, 4, 4, 256, 1, 1, new WanConfig.Patch(1, 1, 1), 1e-6f, 10000);
    try (Scope scope = Scope.open();
        WanTransformer model = WanTransformer.create(config, Initializer.shapes(Device.reference()))) {
      float[] both = model.time().sinusoid(Tensor.of(new float[] {timestep}, 1).to(Device.reference())).toFloats();
      for (int i = 0; i < 128; i++) {
        double angle = timestep * Math.pow(10000, -i / 128.0);
        assertEquals(Math.cos(angle), both[i], 5e-7);
        assertEquals(Math.sin(angle), both[128 + i], 5e-7);
      }
    }
  }

  @Property(tries = 20)
  void sinusoidNeedsNoF64OnTheDevice(@ForAll @FloatRange(min = 0, max = 1000) float t) {
    // what kernels in f32 compute: every step of the formula rounded
    for (int i = 0; i < 128; i++) {
      double frequency = Math.pow(10000, -i / 128.0) / (2 * Math.PI);
      float coarse = (float) (Math.rint(frequency * 8192) / 8192);
      float fine = (float) (Math.rint((frequency - coarse) * 8192 * 8192) / 8192 / 8192);
      float rest = (float) (frequency - coarse - fine);
      float steps = (float) Math.floor(t);
      float most = steps * coarse;
      float turns = (float) (most - Math.rint(most)) + (steps * fine + (steps * rest + (t - steps) * (float) frequency));
      assertEquals(Math.cos(t * frequency * 2 * Math.PI), Math.cos(turns * (float) (2 * Math.PI)), 1.5e-6);
    }
  }

  @Property(tries = 5)
  void sinusoidOfABatchIsThatOfEach(@ForAll long seed) {
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, Device.reference())) {
      Tensor t = Rng.of(seed).uniform(Device.reference(), 3).mul(1000);
      float[] all = model.time().sinusoid(t).toFloats();
      float[] last = model.time().sinusoid(t.slice(0, 2, 1)).toFloats();
      for (int i = 0; i < 8; i++) assertEquals(last[i], all[16 + i]);
    }
  }
}
