package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Precision;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrecisionOptionsTest {
  private static List<Optional<DType>> weights(ModelFolder model) throws IOException {
    return PrecisionOptions.ways(model).stream().map(way -> way.precision().weights()).toList();
  }

  @Test
  void whereMemoryIsShortWeightsTakeEverFewerBits() throws IOException {
    ModelFolder shipped = ModelFolder.open(Raiju.root().resolve(ClipMaker.SHIPPED));
    assertEquals(List.of(Optional.empty(), Optional.of(DType.Q8_G64_F16), Optional.of(DType.Q4_G64_F16)), weights(shipped));
    ModelFolder narrow = shipped.with(new Precision(Optional.empty(), DType.BF16));
    for (ModelFolder way : PrecisionOptions.ways(narrow)) assertEquals(DType.BF16, way.precision().compute());
  }

  @Test
  void whatTheUserSaysStays() throws IOException {
    ModelFolder shipped = ModelFolder.open(Raiju.root().resolve(ClipMaker.SHIPPED));
    Optional<DType> said = Optional.of(DType.BF16);
    assertEquals(List.of(said), weights(shipped.with(new Precision(said, DType.F32))));
  }

  @Test
  void matricesThatAreNotMadeOfWholeGroupsStay(@TempDir Path folder) throws IOException {
    ModelFolder tiny = ModelFolder.open(TinyModel.write(folder.resolve("tiny"), TinyModel.FEW_STEP));
    assertEquals(List.of(Optional.empty()), weights(tiny));
  }

  @Test
  void productsInEightBitsNeedWeightsInEightBits() throws IOException {
    Precision bytes = new Precision(Optional.of(DType.Q8_G64_F16), DType.I8);
    Json.Obj written = PrecisionOptions.write(bytes, Json.object());
    assertEquals(Json.object().with("weights", "int8").with("compute", "int8"), written);
    assertEquals(bytes, PrecisionOptions.read(Fields.of("sidecar", written)));
    for (Optional<DType> weights : List.of(Optional.<DType>empty(), Optional.of(DType.Q4_G64_F16))) {
      var e = assertThrows(IllegalArgumentException.class, () -> new Precision(weights, DType.I8));
      assertEquals("compute: int8: weights are " + weights.map(DType::label).orElse("as stored") + "; needs weights in int8 too",
          e.getMessage());
    }
  }
}
