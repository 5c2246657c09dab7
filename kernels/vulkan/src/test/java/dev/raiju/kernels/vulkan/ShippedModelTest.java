package dev.raiju.kernels.vulkan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.verify.SmallClip;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The model that ships: a clip of this backend is that of the CPU, and every operation of it, from the text to the frames, runs on
/// kernels of this backend alone.
class ShippedModelTest {
  private static final Path MODEL = Path.of(System.getProperty("raiju.root")).resolve("models/pretrained/shapes");

  @Test
  void aClipIsThatOfTheCpu() throws IOException {
    SmallClip clip = SmallClip.of(ModelFolder.open(MODEL), Device.of(OnDevice.backend()));
    System.out.printf("vulkan: a clip of the shipped model: %s; %.1f s%n", clip.difference(), clip.seconds());
    assertTrue(clip.operations().containsAll(List.of("attention", "linear", "convolution")), clip::toString);
    assertEquals(Set.of(), clip.without());
    assertTrue(clip.difference().isRounding(), clip::toString);
  }

  @AfterAll
  static void theValidationLayerIsSilent() { OnDevice.wasCorrect(); }
}
