package dev.raiju.export.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.runtime.Bundle;
import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.StagedPipeline;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.graph.MemoryPlan;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The shipped model as a bundle gives the frames that it gives as a model.
class ExportTest {
  private static final Device CPU = Device.best();
  private static final Path SHIPPED = Path.of(System.getProperty("raiju.root"), "models/pretrained/shapes");
  private static final Prompt PROMPT = Prompt.of("a red circle moves right").seed(7).size(32, 48).frames(9);

  @TempDir
  private Path folder;

  private Path bundle(WeightTypes types) throws IOException {
    Path place = folder.resolve(types.name());
    Export.of(ModelFolder.open(SHIPPED), types, PROMPT, CPU).write(place, new LinkedHashMap<>());
    return place;
  }

  private static int[] ids() throws IOException {
    var padded = ModelFolder.open(SHIPPED).tokenizer().encode(PROMPT.text(), 20);
    return Arrays.copyOf(padded.ids(), padded.length());
  }

  private static Clip played(Path place, long seed) throws IOException {
    List<byte[]> frames = new ArrayList<>();
    try (Bundle bundle = Bundle.open(place)) {
      bundle.generate(ids(), seed, CPU, (index, rgb) -> {
        assertEquals(frames.size(), index);
        frames.add(rgb);
      });
      return Clip.ofRgb(frames, bundle.run().width(), bundle.run().height(), bundle.run().framesPerSecond());
    }
  }

  @ParameterizedTest
  @EnumSource
  void givesTheFramesOfTheModel(WeightTypes types) throws IOException {
    Path place = bundle(types);
    StagedPipeline pipeline = StagedPipeline.of(new Typed(ModelFolder.open(SHIPPED), types), CPU);
    for (long seed : new long[] {7, 8}) {
      Clip wanted = pipeline.generate(PROMPT.seed(seed), Progress.NONE);
      assertEquals(wanted, played(place, seed));
    }
  }

  @Test
  void givesItsMemoryBack() throws IOException {
    Path place = bundle(WeightTypes.F16);
    long before = HostMemory.liveBuffers();
    played(place, 1);
    assertEquals(before, HostMemory.liveBuffers());
  }

  @Test
  void refusesGuidanceAndSamplersWithAMemory() {
    Path teacher = SHIPPED.resolveSibling("shapes-teacher");
    String guided = assertThrows(IllegalArgumentException.class, () -> Export.of(ModelFolder.open(teacher), WeightTypes.F16,
        Prompt.of("x"), CPU)).getMessage();
    assertTrue(guided.startsWith("export: guidance "), guided);
  }

  /// What is changed in the text of `plan.json`, and what the refusal says.
  private record Damage(String from, String to, String told) {}

  @Test
  void refusesDamagedPlans() throws IOException {
    Path place = bundle(WeightTypes.F16);
    Path file = place.resolve("plan.json");
    String whole = Files.readString(file);
    for (Damage damage : List.of(
        new Damage("\"version\":1", "\"version\":2", "version: out of range: 2"),
        new Damage("\"op\":\"linear\"", "\"op\":\"lineal\"", "no such operation: lineal"),
        new Damage("\"compute\":\"f32\"", "\"compute\":\"f64\"", "compute type f64"),
        new Damage("\"value\":1,", "\"value\":1000000,", "no value 1000000"),
        new Damage("\"tokens\":20", "\"tokens\":21", "plan text: takes"),
        new Damage("\"offset\":0}", "\"offset\":128}", "needs a multiple of 256 inside"),
        new Damage("\"offset\":0}", "\"offset\":1099511627776}", "needs a multiple of 256 inside"),
        new Damage("{\"weight\":\"text/", "{\"weight\":\"none/", "no weight none/"),
        new Damage("\"frames\":9", "\"frames\":13", "needs 13 of"))) {
      int at = whole.indexOf(damage.from());
      assertTrue(at >= 0, damage.from());
      Files.writeString(file, whole.substring(0, at) + damage.to() + whole.substring(at + damage.from().length()));
      String message = assertThrows(ModelFormatException.class, () -> Bundle.open(place).close(), damage.to()).getMessage();
      assertTrue(message.contains(damage.told()) && !message.contains("\n"), damage + ": " + message);
    }
    Files.writeString(file, whole);
    Files.write(place.resolve("weights.bin"), new byte[100]);
    String message = assertThrows(ModelFormatException.class, () -> Bundle.open(place).close()).getMessage();
    assertTrue(message.contains("weights.bin has 100 bytes; needs "), message);
  }

  /// 49 frames of 624 x 352 with the pruned model of 0.9 billion weights: planned, never computed.
  @ParameterizedTest
  @EnumSource(names = {"F16", "INT4"})
  void plansTheRealModel(WeightTypes types) throws IOException {
    Export export = Export.of(ShapesOnly.lightning(DType.Q4_G64_F16), types, Prompt.of("any"), CPU);
    export.plans().forEach((name, plan) -> {
      MemoryPlan memory = plan.placed().memory();
      String told = name + ": " + memory.bytes() + " bytes, at least " + memory.leastBytes() + ", together " + memory.sumBytes()
          + ", weights " + plan.weightBytes() + ", steps " + plan.placed().graph().nodes().size();
      assertTrue(memory.bytes() <= 1.15 * memory.leastBytes(), told);
      assertTrue(memory.bytes() <= 3L << 30, told);
    });
  }
}
