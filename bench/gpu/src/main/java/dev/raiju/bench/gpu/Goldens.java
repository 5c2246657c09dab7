package dev.raiju.bench.gpu;

import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.Verifier;
import dev.raiju.models.verify.VerifyResult;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.nio.file.Path;
import java.util.Optional;

/// Whole models against what another implementation computed, as `raiju verify` does it.
final class Goldens {
  private Goldens() {}

  static Json.Obj check(Path file, Device device) {
    VerifyResult result = Verifier.installed().verify(file, device);
    Json.Obj facts = Part.outcome(result.passed() ? "passed" : "failed").with("compared", result.entries().size());
    Optional<Comparison.Entry> told = result.firstFailure().or(result::worst);
    if (told.isPresent()) facts = facts.with(result.passed() ? "worst" : "first wrong", told.get().toString());
    return result.problem().isPresent() ? facts.with("problem", result.problem().get()) : facts;
  }
}
