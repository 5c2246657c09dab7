package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `raiju replay`: makes the clip of a sidecar again and compares.
final class Replay implements Command {
  @Override
  public String name() { return "replay"; }

  @Override
  public String arguments() { return "SIDECAR [OPTION …]"; }

  @Override
  public String summary() { return "makes a clip again from its .json, and says whether it is the same"; }

  @Override
  public List<Option> options() {
    return List.of(
        Option.of("--out", "FILE", "where to write the clip [its old place, if it is gone and comes out the same]"),
        Option.of("--frames", "DIR", "a new folder for each frame as .png"),
        Option.of("--model", "DIR", "the model [the one that the sidecar names]"),
        Option.of("--device", "NAME", "what computes [what computed it, if it is here]"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    Path path = arguments.onlyPath("a sidecar");
    Sidecar sidecar = Sidecar.read(path);
    Optional<Path> out = arguments.path("--out");
    Optional<Path> frames = arguments.path("--frames");
    String encoder = sidecar.file().map(Sidecar.Encoded::encoder).orElse(Encoders.OWN);
    Outputs outputs = new Outputs(out, frames);
    boolean writes = out.isPresent() || frames.isPresent();
    if (writes) outputs.check(encoder, sidecar.origin().prompt().frames().orElseThrow());
    Device device = device(arguments, sidecar);
    ModelFolder model = model(arguments.path("--model"), sidecar).with(sidecar.origin().precision());
    for (ModelFolder.Adapter adapter : sidecar.origin().adapters()) model = model.with(adapter);
    try (Meter meter = Meter.on(console); ClipMaker maker = ClipMaker.load(model, device, meter)) {
      List<String> differences = new ArrayList<>();
      if (!maker.files().digest().equals(sidecar.origin().modelDigest()))
        differences.add("model: its files are not those that made the clip");
      differences.addAll(sidecar.origin().machine().differences(Machine.of(device)));
      differences.forEach(line -> console.note("raiju: differs: " + line));
      Clip clip = maker.make(sidecar.origin().prompt());
      boolean same = compare(clip, sidecar, path, !writes, console);
      if (writes) {
        maker.files().write(clip, maker.files().origin(sidecar.origin().prompt()), outputs, encoder);
        out.ifPresent(file -> console.print("written: " + file));
        frames.ifPresent(folder -> console.print("written: " + folder));
      }
      console.print(meter.summary());
      return same ? 0 : 1;
    }
  }

  private static Device device(Arguments arguments, Sidecar sidecar) {
    if (arguments.has("--device")) return Generate.device(arguments);
    try {
      return Device.named(sidecar.origin().machine().backend());
    } catch (IllegalArgumentException e) {
      // said as a difference of the machine
      return Device.best();
    }
  }

  private static ModelFolder model(Optional<Path> named, Sidecar sidecar) throws IOException {
    Path folder = named.orElseGet(sidecar.origin()::folder);
    if (!Files.isDirectory(folder)) {
      throw UserError.of("replay: there is no model " + folder + "; name it with --model DIR");
    }
    return ModelFolder.open(folder);
  }

  /// Says whether the clip came out as it was.
  ///
  /// @param restores whether the clip's file is to be written if it is gone
  private static boolean compare(Clip clip, Sidecar sidecar, Path path, boolean restores, Console console) throws Exception {
    boolean samePixels = Digest.of(clip).equals(sidecar.pixels());
    if (!samePixels) {
      console.print("not the same: other pixels than the clip had");
      return false;
    }
    if (sidecar.file().isEmpty()) {
      console.print("the same: every pixel is as it was");
      return true;
    }
    Sidecar.Encoded recorded = sidecar.file().get();
    Path file = path.resolveSibling(recorded.name());
    byte[] bytes = ClipFiles.encode(clip, Encoders.find(file, recorded.encoder()));
    if (!Digest.of(bytes).equals(recorded.digest())) {
      console.print("not the same: the pixels are as they were, the bytes of the " + recorded.encoder() + " file are not");
      return false;
    }
    console.print("the same: every byte is as it was");
    if (!Files.exists(file)) {
      if (restores) {
        Interruption.withstand(() -> {
          Durable.system().write(file, bytes);
          return file;
        });
        console.print("written: " + file);
      }
    } else if (!Digest.ofFile(file).equals(recorded.digest())) {
      console.note("raiju: warning: " + file + " has changed since it was made");
    }
    return true;
  }
}
