package dev.raiju.models.verify;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Checks golden files of any sizes on a device.
///
/// ```java
/// boolean passed = Verifier.installed().verify(List.of(Path.of("golden")), Device.best(), System.out::println);
/// ```
public final class Verifier {
  private static final String SUFFIX = ".safetensors";

  private final Map<String, List<GoldenChecks.Check>> checks = new LinkedHashMap<>();

  private Verifier() {}

  /// With the checks of these modules; several for one kind all run.
  public static Verifier of(Collection<? extends GoldenChecks> providers) {
    Verifier verifier = new Verifier();
    for (GoldenChecks provider : providers) {
      provider.checks().forEach((kind, check) -> verifier.checks.computeIfAbsent(kind, _ -> new ArrayList<>()).add(check));
    }
    return verifier;
  }

  /// With the checks of all modules that are there.
  public static Verifier installed() {
    return of(ServiceLoader.load(GoldenChecks.class, Verifier.class.getClassLoader()).stream().map(ServiceLoader.Provider::get)
        .toList());
  }

  /// Checks files, and all files directly in folders, and tells `report` of each.
  ///
  /// @return whether there was a file, and all passed
  public boolean verify(List<Path> paths, Device device, Consumer<VerifyResult> report) throws IOException {
    boolean passed = true;
    boolean any = false;
    for (Path path : paths) {
      for (Path file : files(path)) {
        VerifyResult result = verify(file, device);
        report.accept(result);
        passed &= result.passed();
        any = true;
      }
    }
    return any && passed;
  }

  private static List<Path> files(Path path) throws IOException {
    if (!Files.isDirectory(path)) return List.of(path);
    try (Stream<Path> all = Files.list(path)) {
      return all.filter(file -> file.getFileName().toString().endsWith(SUFFIX) && !FormatChecks.isReference(file)).sorted()
          .toList();
    }
  }

  /// Whether a file is one that [#verify] looks at, or a folder that is looked at as one: that of a sharded model.
  public static boolean isChecked(Path file) throws IOException {
    String name = file.toString();
    return name.endsWith(SUFFIX) || name.endsWith(".json") || FormatChecks.isFormat(file);
  }

  /// What a file that needs no check of its own is there for, or nothing.
  public static Optional<String> companion(Path file) throws IOException { return FormatChecks.companion(file); }

  /// Checks one file, of tensors or, where it ends in `.json`, of a tokenizer. Weights in another format than golden files have
  /// are compared with the same weights beside them. What goes wrong on the way is part of the result.
  public VerifyResult verify(Path file, Device device) {
    if (FormatChecks.hasReference(file)) return FormatChecks.verify(file, device);
    if (file.toString().endsWith(".json")) return TokenizerChecks.verify(file);
    try (Scope scope = Scope.open(); GoldenFile golden = GoldenFile.open(file, device)) {
      Comparison results = new Comparison(golden);
      List<GoldenChecks.Check> found = checks.getOrDefault(golden.kind(), List.of());
      Optional<String> problem = found.isEmpty()
          ? Optional.of("no check for kind " + golden.kind())
          : Optional.empty();
      try {
        for (GoldenChecks.Check check : found) check.run(golden, results);
      } catch (IOException | RuntimeException e) {
        problem = Optional.of(String.valueOf(e.getMessage()));
      }
      return new VerifyResult(file, results.entries(), problem, golden.unused(), !found.isEmpty());
    } catch (IOException e) {
      return new VerifyResult(file, List.of(), Optional.of(String.valueOf(e.getMessage())), 0, true);
    }
  }
}
