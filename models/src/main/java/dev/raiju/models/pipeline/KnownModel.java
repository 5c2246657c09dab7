package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.NameTable;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.models.vae.WanVaeWeights;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.TensorFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A model that a file of tensors holds, found out by their names.
///
/// @param label what it is
/// @param names how others call its tensors
/// @param reader the file under our names
public record KnownModel(String label, NameTable names, WeightsReader reader) {
  /// What is in a file.
  ///
  /// @throws ModelFormatException if that is no model that we know, or not only one; the message lists what is left over
  public static KnownModel in(TensorFile file) throws ModelFormatException {
    List<KnownModel> candidates = new ArrayList<>();
    candidates.add(of("Wan transformer", WanWeights.names(), file));
    candidates.add(of("UMT5 encoder", Umt5Weights.names(), file));
    if (WanVaeWeights.isWanVae(file)) {
      candidates.add(of("Wan autoencoder", WanVaeWeights.names(WanVaeWeights.infer(file)), file));
    } else if (file.entries().containsKey("encoder.0.weight")) {
      candidates.add(of("tiny autoencoder", TaeWeights.names(TaeWeights.infer(file)), file));
    }
    KnownModel best = candidates.stream().max(Comparator.comparingInt(model -> model.reader.entries().size())).orElseThrow();
    best.reader.requireKnown(best.label);
    return best;
  }

  private static KnownModel of(String label, NameTable names, TensorFile file) {
    return new KnownModel(label, names, new WeightsReader(file, names));
  }
}
