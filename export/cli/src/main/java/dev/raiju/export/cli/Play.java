package dev.raiju.export.cli;

import dev.raiju.export.runtime.Bundle;
import dev.raiju.export.runtime.ClipRun;
import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `raiju play`: a clip from a bundle, without the model that the bundle was made of.
final class Play implements Command {
  @Override
  public String name() { return "play"; }

  @Override
  public String arguments() { return "BUNDLE PROMPT [OPTION …]"; }

  @Override
  public String summary() { return "makes a clip from a bundle that raiju export wrote"; }

  @Override
  public List<Option> options() {
    return List.of(
        Option.of("--out", "FILE", "the clip: .mp4, .gif, .apng or .png [named after the prompt, .mp4]"),
        Option.of("--frames", "DIR", "a new folder for each frame as .png, at its own size"),
        Option.of("--seed", "N", "of the noise: the same seed gives the same clip [0]"),
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]"),
        Option.flag("--ffmpeg", "encodes .mp4 by the ffmpeg program in place of our own encoder"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    if (arguments.words().size() < 2)
      throw UserError.usage("play: needs a bundle and a prompt: raiju play " + arguments());
    Path folder = Path.of(arguments.words().getFirst());
    // words that were not quoted are one prompt; what the terminal got wrong is replaced
    String joined = String.join(" ", arguments.words().subList(1, arguments.words().size()));
    Prompt prompt = Prompt.of(new String(joined.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)).seed(arguments.whole(
        "--seed", Long.MIN_VALUE, Long.MAX_VALUE, 0));
    if (prompt.text().isBlank()) throw UserError.usage("play: the prompt is empty; say what the clip shall show");
    Device device = Generate.device(arguments);
    String encoder = arguments.has("--ffmpeg") ? Encoders.FFMPEG : Encoders.OWN;
    Outputs outputs = Outputs.plan(arguments.path("--out"), arguments.path("--frames"), prompt.text(), 1).getFirst();
    try (Meter meter = Meter.on(console)) {
      meter.begin("load");
      try (Bundle bundle = Bundle.open(folder)) {
        ClipRun run = bundle.run();
        outputs.check(encoder, run.frames());
        UnigramTokenizer tokenizer = UnigramTokenizer.load(folder.resolve(Bundle.TOKENIZER));
        Remarks.on(prompt.text(), tokenizer).forEach(remark -> console.note("raiju: warning: " + remark));
        int[] ids = prompt.ids(tokenizer, run.tokens());
        meter.begin("play");
        List<byte[]> frames = new ArrayList<>();
        bundle.generate(ids, prompt.seed(), device, (_, rgb) -> frames.add(rgb));
        Clip clip = Clip.ofRgb(frames, run.width(), run.height(), run.framesPerSecond());
        meter.begin("write");
        write(clip, outputs, encoder);
        meter.finish();
        Generate.tell(clip, prompt, outputs, console);
      }
      console.print(meter.summary());
    }
    return 0;
  }

  /// Writes the clip and its frames, each whole or not at all. There is no sidecar: that is for clips of models.
  private static void write(Clip clip, Outputs outputs, String encoder) throws Exception {
    Optional<byte[]> encoded = outputs.clip().isPresent()
        ? Optional.of(encoded(clip, outputs.clip().get(), encoder))
        : Optional
            .empty();
    Interruption.withstand(() -> {
      if (outputs.frames().isPresent()) clip.saveFrames(outputs.frames().get());
      if (encoded.isPresent()) Durable.system().write(outputs.clip().orElseThrow(), encoded.get());
      return outputs;
    });
  }

  private static byte[] encoded(Clip clip, Path file, String encoder) throws IOException {
    return ClipFiles.encode(clip, Encoders.find(file, encoder));
  }
}
