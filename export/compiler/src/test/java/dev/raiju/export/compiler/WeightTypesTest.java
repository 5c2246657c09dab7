package dev.raiju.export.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.compiler.WeightGroup.Use;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightTypesTest {
  private static final ModelFolder SHIPPED = shipped();

  private static ModelFolder shipped() {
    try {
      return ModelFolder.open(Path.of(System.getProperty("raiju.root"), "models/pretrained/shapes"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "blocks.3.selfAttention.query.weight, 256, 256, q8_g64_f16, q4_g64_f16",
    "blocks.0.feedForward.down.weight, 1280, 4480, q8_g64_f16, q4_g64_f16",
    "blocks.0.crossAttention.output.weight, 256, 160, q8_g32_f16, q4_g32_f16",
    "blocks.0.crossAttention.output.weight, 256, 100, f16, f16",
    "blocks.0.crossAttention.output.weight, 63, 64, f16, f16",
    "blocks.0.crossAttention.output.weight, 64, 64, q8_g64_f16, q4_g64_f16",
    "text.up.weight, 1536, 4096, f16, f16",
    "time.projection.weight, 9216, 1536, f16, f16",
    "head.output.weight, 64, 1536, f16, f16"})
  void choosesByNameAndShape(String name, long rows, long columns, String int8, String int4) {
    Spec now = Spec.of(DType.F32, rows, columns);
    assertEquals(DType.F16, WeightTypes.F16.of(name, now));
    assertEquals(DType.parse(int8), WeightTypes.INT8.of(name, now));
    assertEquals(DType.parse(int4), WeightTypes.INT4.of(name, now));
  }

  private static List<WeightGroup> groups(WeightTypes types) throws IOException {
    return Export.of(SHIPPED, types, Prompt.of("x").size(32, 32).frames(5), Device.best()).weightGroups();
  }

  private static double error(List<WeightGroup> groups, Use use) {
    return groups.stream().filter(group -> group.use() == use).mapToDouble(group -> group.error().orElseThrow()).max()
        .orElseThrow();
  }

  @Test
  void tellsHowFarTheWeightsAreFromTheModel() throws IOException {
    List<WeightGroup> f16 = groups(WeightTypes.F16);
    List<WeightGroup> int8 = groups(WeightTypes.INT8);
    List<WeightGroup> int4 = groups(WeightTypes.INT4);
    for (Use use : List.of(Use.ATTENTION, Use.FEED_FORWARD)) {
      assertTrue(error(f16, use) < 1e-3, use + ": " + f16);
      assertTrue(error(int8, use) > 2e-3 && error(int8, use) < 1e-2, use + ": " + int8);
      assertTrue(error(int4, use) > 5e-2 && error(int4, use) < 0.15, use + ": " + int4);
    }
    assertEquals(f16.stream().filter(group -> group.use() == Use.ENDS).toList(), int4.stream().filter(group -> group
        .use() == Use.ENDS).toList());
    assertEquals(0, error(int4, Use.VECTORS));
  }

  /// Why 8 bits have a scale for every 64 numbers.
  @Test
  void groupsAreCloserThanOneScaleForARow() throws IOException {
    try (WanTransformer transformer = SHIPPED.transformer(Device.best())) {
      double wrong = 0;
      double all = 0;
      for (var parameter : transformer.parameters().entrySet()) {
        Tensor t = parameter.getValue();
        if (t.rank() != 2 || WeightTypes.INT8.of(parameter.getKey(), t.spec()) == DType.F16) continue;
        double[] values = t.toDoubles();
        int columns = Math.toIntExact(t.size(1));
        for (int row = 0; row < values.length; row += columns) {
          double largest = 0;
          for (int i = row; i < row + columns; i++) largest = Math.max(largest, Math.abs(values[i]));
          double step = largest / 127;
          for (int i = row; i < row + columns; i++) {
            double off = values[i] - step * Math.rint(values[i] / step);
            wrong += off * off;
            all += values[i] * values[i];
          }
        }
      }
      double rowScale = Math.sqrt(wrong / all);
      List<WeightGroup> groups = groups(WeightTypes.INT8);
      double grouped = Math.max(error(groups, Use.ATTENTION), error(groups, Use.FEED_FORWARD));
      assertTrue(grouped < rowScale, "groups " + grouped + ", rows " + rowScale);
    }
  }
}
