package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Budget;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.StagedPipeline;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `raiju decode`: the clip of latents that were saved.
final class Decode implements Command {
  @Override
  public String name() { return "decode"; }

  @Override
  public String arguments() { return "LATENTS [OPTION …]"; }

  @Override
  public String summary() { return "makes the clip of latents that raiju generate saved, as when it was stopped while decoding"; }

  @Override
  public List<Option> options() {
    return List.of(Option.of("--out", "FILE", "the clip [beside the latents, as raiju generate would have called it]"),
        Option.of("--frames", "DIR", "a new folder for each frame as .png, at its own size"),
        Option.of("--model", "DIR", "the model [the one that made the latents]"),
        Memory.OPTION,
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    Path file = arguments.onlyPath("a file of latents");
    SavedLatents latents = SavedLatents.read(file);
    Outputs outputs = outputs(arguments, file, latents);
    outputs.check(latents.encoder(), latents.origin().prompt().frames().orElseThrow());
    Device device = Generate.device(arguments);
    ModelFolder model = model(arguments.path("--model"), latents.origin());
    Optional<Budget> memory = Memory.given(arguments, name());
    try (Meter meter = Meter.on(console)) {
      ClipFiles files = ClipFiles.of(model, device, meter);
      if (!files.digest().equals(latents.origin().modelDigest())) {
        throw UserError.of("decode: " + file + ": was made by another model than " + model.path()
            + "; name the one that made it with --model DIR");
      }
      StagedPipeline pipeline = memory.isPresent()
          ? StagedPipeline.of(memory.get().fitDecoding(model, latents.origin().prompt(), device), device)
          : StagedPipeline.of(model, device);
      // before the decoder is loaded: what the file says of itself may not fit together
      latents.tensor(file, pipeline.latentShape(latents.origin().prompt())).close();
      latents.origin().machine().differences(Machine.of(device)).forEach(line -> console.note("raiju: differs: " + line));
      StagedMaker maker = new StagedMaker(pipeline, files, latents.encoder(), console, (clip, prompt, where) -> Generate.tell(
          clip,
          prompt, where, console));
      try (StagedPipeline.Decoding decoding = pipeline.decoding(meter)) {
        maker.decode(decoding, file, latents, outputs);
      }
      console.print(meter.summary());
    }
    return 0;
  }

  /// A name that comes from the file replaces nothing.
  private static Outputs outputs(Arguments arguments, Path file, SavedLatents latents) {
    if (arguments.has("--out") || arguments.has("--frames")) {
      return new Outputs(arguments.path("--out"), arguments.path("--frames"));
    }
    if (latents.target().isEmpty())
      throw UserError.usage("decode: " + file + ": names no clip; needs --out FILE or --frames DIR");
    Path clip = file.resolveSibling(latents.target().get());
    if (Files.exists(clip)) throw UserError.of("decode: " + clip + ": is there already; name it with --out to replace it");
    return new Outputs(Optional.of(clip), Optional.empty());
  }

  private static ModelFolder model(Optional<Path> named, Origin origin) throws IOException {
    Path folder = named.orElseGet(origin::folder);
    if (!Files.isDirectory(folder)) {
      throw UserError.of("decode: there is no model " + folder + "; name it with --model DIR");
    }
    ModelFolder model = ModelFolder.open(folder).with(origin.precision());
    for (ModelFolder.Adapter adapter : origin.adapters()) model = model.with(adapter);
    return model;
  }
}
