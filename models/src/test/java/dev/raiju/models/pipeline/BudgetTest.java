package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.pipeline.Budget.Way;
import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BudgetTest {
  private static final ClipSize SIZE = ClipSize.of(8, new WanConfig.Patch(1, 2, 2), 4);
  private static final Prompt PROMPT = Prompt.of("a red circle").size(832, 480).frames(81).guidance(6);

  /// Weights of so many bytes, and one byte for every pixel, twice with guidance.
  private static Way way(long weights) {
    return prompt -> {
      long pixels = (long) prompt.width().orElseThrow() * prompt.height().orElseThrow() * prompt.frames().orElseThrow();
      if (prompt.guidance().orElseThrow() != 1) pixels *= 2;
      return new ClipEstimate(List.of(new StageEstimate(Stage.DENOISE, new Weights(Map.of(), Map.of(DType.BF16, weights), 0),
          0, pixels, pixels, 1)));
    };
  }

  private static String refusal(long bytes, Way... ways) {
    return assertThrows(IllegalArgumentException.class, () -> new Budget(bytes).choose(List.of(ways), PROMPT, SIZE))
        .getMessage();
  }

  @Test
  void takesTheFirstWayThatFits() throws IOException {
    List<Way> asked = new ArrayList<>();
    Way large = prompt -> {
      asked.add(way(0));
      return way(1_000_000_000).estimate(prompt);
    };
    ClipEstimate small = way(1000).estimate(PROMPT);
    Way second = _ -> small;
    Budget.Choice<Way> chosen = new Budget(100_000_000).choose(List.of(large, second, way(0)), PROMPT, SIZE);
    assertSame(second, chosen.way());
    assertSame(small, chosen.estimate());
    assertEquals(1, asked.size());
  }

  /// 832 · 480 · 81 · 2 bytes are 64,696,320.
  @Test
  void refusesWithWhatIsNeededAndWhatWouldFit() {
    assertEquals(
        "memory: denoise needs 64,697,320 bytes, 1,000 of them weights, and may have 40,000,000; give more, or a length of "
            + "49 frames, or a size of 624x352, or a guidance of 1", refusal(40_000_000, way(1_000_000_000), way(1000)));
    assertEquals("memory: denoise needs 64,697,320 bytes, 1,000 of them weights, and may have 5,000; no clip fits, use a smaller "
        + "model or give more", refusal(5000, way(1000)));
  }

  @Test
  void everyClipThatIsNamedFitsAndTheNextOneDoesNot() throws IOException {
    Way way = way(1000);
    for (long bytes : new long[] {2_000_000, 9_999_999, 30_000_000, 64_697_319}) {
      String refusal = refusal(bytes, way);
      int frames = Integer.parseInt(refusal.replaceAll(".*a length of (\\d+) frames.*", "$1"));
      assertTrue(way.estimate(PROMPT.frames(frames)).largest().bytes() <= bytes, refusal);
      assertTrue(way.estimate(PROMPT.frames(frames + 4)).largest().bytes() > bytes, refusal);
      assertTrue(frames % 4 == 1, refusal);
    }
    assertEquals(way.estimate(PROMPT), new Budget(64_697_320).choose(List.of(way), PROMPT, SIZE).estimate());
  }

  @Test
  void knowsTheMemoryOfTheMachine() {
    assertTrue(Budget.machineBytes() > Runtime.getRuntime().totalMemory());
    assertEquals(0.75, (double) Budget.ofMachine().bytes() / Budget.machineBytes(), 1e-6);
    assertEquals(400, new Budget(1000).beside(600));
    assertEquals(1, new Budget(1000).beside(6000));
  }

  private static ClipEstimate.StageEstimate denoising(Budget.Fit fit) { return fit.estimate().stages().get(1); }

  @Test
  void weightsArePackedOnceWhereTheClipFitsWithTheCopies() throws IOException {
    List<ModelFolder> model = List.of(ModelFolder.open(Path.of("pretrained", "shapes")));
    Prompt prompt = Prompt.of("a red circle moves right").frames(1);
    Budget.Fit roomy = new Budget(1L << 30).fit(model, prompt, false, Device.named("cpu"));
    assertTrue(roomy.model().packsOnce());
    assertTrue(denoising(roomy).packed() >= denoising(roomy).weights().mapped(), denoising(roomy).toString());
    Budget.Fit tight = new Budget(denoising(roomy).bytes() - 1).fit(model, prompt, false, Device.named("cpu"));
    assertFalse(tight.model().packsOnce());
    assertEquals(0, denoising(tight).packed());
    assertEquals(denoising(roomy).weights(), denoising(tight).weights());
  }

  @Test
  void withoutAClipItIsTheFilesThatDecide() throws IOException {
    ModelFolder model = ModelFolder.open(Path.of("pretrained", "shapes"));
    assertFalse(model.packsOnce());
    assertTrue(new Budget(8 * model.bytes()).packing(model).packsOnce());
    assertFalse(new Budget(8 * model.bytes() - 8).packing(model.packingOnce(true)).packsOnce());
  }

  @Test
  void refusesNoMemoryAtAll() { assertThrows(IllegalArgumentException.class, () -> new Budget(0)); }
}
