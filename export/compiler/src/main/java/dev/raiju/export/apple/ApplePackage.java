package dev.raiju.export.apple;

import dev.raiju.export.compiler.Export;
import dev.raiju.export.compiler.Export.Planned;
import dev.raiju.export.compiler.WeightTypes;
import dev.raiju.kernels.metal.MetalLaunches;
import dev.raiju.models.pipeline.ModelParts;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// A model as a Swift package for apps: its bundle, the launches of its operations, the kernels, the code that runs them, and a golden
/// clip with a test.
///
/// ```java
/// ApplePackage made = ApplePackage.of(ModelFolder.open(folder), WeightTypes.F16, prompt, Device.best());
/// made.write(Path.of("ShapesVideo"), Platform.IOS, Optional.of(made.golden(prompt)));
/// ```
public final class ApplePackage {
  private static final List<String> CORE = List.of("bundle.c", "bundle.h", "common.c", "common.h", "device.h", "gpu.h", "gpu.m",
      "include/RaijuCore.h", "json.c", "json.h", "model.c", "noise.c", "noise.h", "plan.c", "plan.h", "replay.m", "tokenizer.c",
      "tokenizer.h");
  private static final List<String> SWIFT = List.of("VideoModel.swift", "SampleView.swift");
  private static final String MODEL = "Sources/RaijuVideo/Model";

  private final Export export;
  private final LaunchFile launches;

  private ApplePackage(Export export, LaunchFile launches) {
    this.export = export;
    this.launches = launches;
  }

  /// What a package is for. Both build it; they differ in what its page says first.
  public enum Platform { IOS, MACOS }

  /// Plans a model for Metal, for one size of clip and one number of steps. Nothing is computed.
  ///
  /// @param types that the transformer is stored in
  /// @param prompt says them; its text does not matter
  /// @param worker computes the weights that are made of others when the package is written
  /// @throws IllegalArgumentException if the model cannot do that, or only in a way that no bundle holds
  /// @throws dev.raiju.tensor.UnsupportedOpException if Metal has no kernel for one of its operations
  public static ApplePackage of(ModelParts parts, WeightTypes types, Prompt prompt, Device worker) throws IOException {
    Export export = Export.of(parts, types, prompt, MetalLaunches.device(), worker);
    SequencedMap<String, PlacedGraph> plans = new LinkedHashMap<>();
    export.plans().forEach((name, plan) -> plans.put(name, plan.placed()));
    return new ApplePackage(export, LaunchFile.of(plans));
  }

  /// The plans in it.
  public Export export() { return export; }

  /// A clip of the weights that the package holds, to compare with on a device.
  ///
  /// @param prompt as the package is made for it, with a seed
  public Golden golden(Prompt prompt) throws IOException { return Golden.make(export.parts(), prompt, export.worker()); }

  LaunchFile launches() { return launches; }

  /// The most memory that a plan needs beside its weights.
  public long memoryBytes() {
    return launches.scratchBytes() + export.plans().values().stream().mapToLong((Planned plan) -> plan.placed().bytes()).max()
        .orElse(0);
  }

  /// Writes the package. Its manifest comes last: before it, there is no package.
  ///
  /// @param golden a clip to compare with, for a test
  /// @throws IOException if the folder is there already, or cannot be written
  public void write(Path folder, Platform platform, Optional<Golden> golden) throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) throw new FileAlreadyExistsException(folder + ": is there already");
    Durable disk = Durable.system();
    for (String file : CORE) copy(disk, "core/" + file, folder.resolve("Sources/RaijuCore").resolve(file));
    for (String file : SWIFT) copy(disk, file, folder.resolve("Sources/RaijuVideo").resolve(file));
    copy(disk, "GoldenTests.swift", folder.resolve("Tests/RaijuVideoTests/GoldenTests.swift"));
    Path test = folder.resolve("Tests/RaijuVideoTests/Golden");
    disk.makeDirectory(test);
    disk.write(test.resolve("README.md"), "What the model gave on the machine that wrote this package.\n");
    if (golden.isPresent()) {
      disk.write(test.resolve("golden.json"), golden.get().question());
      disk.write(test.resolve("golden.rgb"), golden.get()::write);
    }
    disk.makeDirectory(folder.resolve(MODEL).resolve("..").normalize());
    export.write(folder.resolve(MODEL), modelFiles());
    disk.write(folder.resolve("README.md"), new PackagePage(export, platform, memoryBytes(), golden).text());
    copy(disk, "Package.swift", folder.resolve("Package.swift"));
  }

  /// What lies beside the plans and weights.
  private SequencedMap<String, byte[]> modelFiles() {
    SequencedMap<String, byte[]> files = new LinkedHashMap<>();
    files.put(LaunchFile.NAME, launches.json().compact().getBytes(StandardCharsets.UTF_8));
    // no tool takes .msl for a source of its own: the system compiles them when the model is opened
    files.put(MetalLaunches.COMMON + ".msl", MetalLaunches.source(MetalLaunches.COMMON).getBytes(StandardCharsets.UTF_8));
    for (String kernel : launches.kernels())
      files.put(kernel + ".msl", MetalLaunches.source(kernel).getBytes(StandardCharsets.UTF_8));
    return files;
  }

  private static void copy(Durable disk, String resource, Path to) throws IOException {
    try (InputStream in = ApplePackage.class.getResourceAsStream(resource)) {
      if (in == null) throw new IllegalStateException("export: " + resource + " is missing from the jar");
      disk.makeDirectory(to.resolve("..").normalize());
      disk.write(to, in.readAllBytes());
    }
  }
}
