package example;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;

/// Makes a clip from a prompt: `Embed MODEL CLIP.mp4`.
class Embed {
  public static void main(String[] args) throws IOException {
    try (VideoPipeline pipeline = VideoPipeline.load(Path.of(args[0]), Device.best())) {
      Clip clip = pipeline.generate(Prompt.of("a red circle moves right").seed(7), Progress.NONE);
      clip.save(Path.of(args[1]));
    }
  }
}
