package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.sampler.DpmSolver;
import dev.raiju.models.sampler.Euler;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.sampler.Schedule;
import dev.raiju.models.sampler.UniPc;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecipeTest {
  private static final Device CPU = Device.named("cpu");

  /// Levels as the table of samplers has them, for 4 steps and shift 5.
  @Test
  void everySamplerHasItsOwnLevels() {
    Map<Recipe.Kind, double[]> levels = Map.of(Recipe.Kind.UNIPC, new double[] {.9998, .9373, .8331, .6247}, Recipe.Kind.EULER,
        new double[] {1, .9375, .8333, .625}, Recipe.Kind.DIFFUSERS_EULER, new double[] {1, .9097, .7173, .0244},
        Recipe.Kind.DIFFUSERS_UNIPC, new double[] {1, .9376, .8336, .6259}, Recipe.Kind.DPM, new double[] {1, .9375, .8333, .625},
        Recipe.Kind.FEW_STEP, new double[] {1, .9375, .8333, .625});
    levels.forEach((kind, expected) -> {
      Schedule schedule = Recipe.WAN.sampler(kind, 4, 5).schedule();
      for (int i = 0; i < 4; i++) assertEquals(expected[i], schedule.sigma(i), 1e-4, kind.label());
    });
    Map<Recipe.Kind, Class<? extends Sampler>> solvers = Map.of(Recipe.Kind.UNIPC, UniPc.class, Recipe.Kind.DIFFUSERS_UNIPC,
        UniPc.class, Recipe.Kind.DPM, DpmSolver.class, Recipe.Kind.DIFFUSERS_DPM, DpmSolver.class, Recipe.Kind.DIFFUSERS_EULER,
        Euler.class);
    solvers.forEach((kind, solver) -> assertEquals(solver, Recipe.WAN.sampler(kind, 4, 5).getClass()));
  }

  @ParameterizedTest
  @EnumSource(Recipe.Kind.class)
  void isReadAsItWasWritten(Recipe.Kind kind) throws IOException {
    Recipe recipe = new Recipe(kind, 4, 3, 1, "", 64, 32, 9, 16);
    assertEquals(recipe, Recipe.read(Fields.of("raiju.json", recipe.write())));
    assertEquals(kind, Recipe.Kind.of(kind.label()));
  }

  @Test
  void namesTheNearestSampler() {
    assertEquals("sampler: unipcc; did you mean unipc?; needs one of euler, unipc, dpm++, diffusers-euler, diffusers-unipc, "
        + "diffusers-dpm++, few-step", assertThrows(IllegalArgumentException.class, () -> Recipe.Kind.of("unipcc")).getMessage());
    Fields json = misspelt(Recipe.WAN);
    assertEquals(Recipe.Kind.UNIPC, Recipe.Kind.of("UniPC"));
    String refused = assertThrows(ModelFormatException.class, () -> Recipe.read(json)).getMessage();
    assertEquals("raiju.json: sampler: sampler: eulr; did you mean euler?; needs one of euler, unipc, dpm++, diffusers-euler, "
        + "diffusers-unipc, diffusers-dpm++, few-step", refused);
  }

  private static Fields misspelt(Recipe recipe) {
    try {
      return Fields.of("raiju.json", recipe.write().with("sampler", "eulr"));
    } catch (ModelFormatException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void promptsChooseSamplerAndShift() throws IOException {
    Prompt prompt = Prompt.of("two dogs").seed(2).size(16, 16).frames(1);
    Set<Clip> clips = new HashSet<>();
    try (VideoPipeline pipeline = TinyPipeline.open(TinyPipeline.GUIDED, CPU)) {
      for (Recipe.Kind kind : Recipe.Kind.values()) clips.add(pipeline.generate(prompt.sampler(kind), Progress.NONE));
      // with so few colours two of them may agree, but not all
      assertNotEquals(1, clips.size());
      assertEquals(pipeline.generate(prompt, Progress.NONE), pipeline.generate(prompt.sampler(Recipe.Kind.UNIPC).shift(8),
          Progress.NONE));
      assertThrows(IllegalArgumentException.class, () -> pipeline.generate(prompt.shift(0), Progress.NONE));
    }
    try (VideoPipeline pipeline = TinyPipeline.open(TinyPipeline.FEW_STEPS, CPU)) {
      assertEquals("sampler: euler: this model was distilled to few steps and runs with few-step", assertThrows(
          IllegalArgumentException.class, () -> pipeline.generate(prompt.sampler(Recipe.Kind.EULER), Progress.NONE))
          .getMessage());
    }
  }

  @Test
  void fewStepsAreSpreadEvenly() {
    assertArrayEquals(new double[] {1000, 937.5, 833.33, 625}, Recipe.WAN.sampler(Recipe.Kind.FEW_STEP, 4, 5).schedule()
        .timesteps(), 0.01);
  }
}
