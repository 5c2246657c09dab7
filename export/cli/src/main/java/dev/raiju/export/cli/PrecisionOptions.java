package dev.raiju.export.cli;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Precision;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// In which types a model runs, as users say it and as sidecars record it.
final class PrecisionOptions {
  static final List<Option> ALL = List.of(
      Option.of("--weights", "TYPE", "of the transformer's matrices: f32, bf16, f16, int8, int4 [as stored]"),
      Option.of("--compute", "TYPE", "of products in text encoder and transformer: f32, bf16, f16, int8 [f32]"));

  private static final Map<String, DType> WEIGHTS = new LinkedHashMap<>();
  private static final Map<String, DType> COMPUTED = new LinkedHashMap<>();

  static {
    for (DType type : List.of(DType.F32, DType.BF16, DType.F16)) {
      WEIGHTS.put(type.label(), type);
      COMPUTED.put(type.label(), type);
    }
    COMPUTED.put("int8", DType.I8);
    // a scale in bf16 would be off by up to 1/512, a whole step of 8 bits at the far end of a group
    WEIGHTS.put("int8", DType.Q8_G64_F16);
    WEIGHTS.put("int4", DType.Q4_G64_F16);
  }

  private PrecisionOptions() {}

  /// What was said on the command line.
  static Precision parse(Arguments arguments) {
    try {
      return precision(arguments.text("--weights"), arguments.text("--compute"));
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--" + e.getMessage());
    }
  }

  /// A model with its weights in the types that it may run in when memory is short, the best first: as the user said, or else as
  /// stored and then in ever fewer bits.
  static List<ModelFolder> ways(ModelFolder model) throws IOException {
    Precision asked = model.precision();
    if (asked.weights().isPresent() || !divides(model.transformerConfig())) return List.of(model);
    return List.of(model, model.with(new Precision(Optional.of(DType.Q8_G64_F16), asked.compute())), model.with(new Precision(
        Optional.of(DType.Q4_G64_F16), asked.compute())));
  }

  /// Whether all matrices of the blocks are made of whole groups.
  private static boolean divides(WanConfig config) {
    int group = DType.Q8_G64_F16.inGroupsOf32().unit();
    return config.dim() % group == 0 && IntStream.range(0, config.layers()).mapToObj(config::block).allMatch(block -> block
        .selfHeads() * config.headWidth() % group == 0 && block.crossHeads() * config.headWidth() % group == 0 && block.ffn()
            % group == 0);
  }

  private static Precision precision(Optional<String> weights, Optional<String> compute) {
    Optional<DType> held = weights.map(label -> named("weights", label, WEIGHTS));
    return new Precision(held, compute.map(label -> named("compute", label, COMPUTED)).orElse(Precision.STORED.compute()));
  }

  private static DType named(String option, String label, Map<String, DType> types) {
    DType type = types.get(label);
    if (type != null) return type;
    throw new IllegalArgumentException(option + ": no such type: " + label + Spelling.suggestion(label, List.copyOf(types
        .keySet())) + "; there are " + String.join(", ", types.keySet()));
  }

  /// What users call a type of weights.
  static String label(DType weights) {
    return label(WEIGHTS, weights);
  }

  /// What users call a type of products.
  static String computedLabel(DType compute) { return label(COMPUTED, compute); }

  private static String label(Map<String, DType> types, DType type) {
    return types.entrySet().stream().filter(entry -> entry.getValue() == type).map(Map.Entry::getKey).findFirst().orElse(type
        .label());
  }

  /// What a sidecar says; nothing where all is as usual.
  static Json.Obj write(Precision precision, Json.Obj json) {
    Json.Obj more = json;
    if (precision.weights().isPresent()) {
      more = more.with("weights", label(precision.weights().get()));
    }
    if (precision.compute() != Precision.STORED.compute()) more = more.with("compute", computedLabel(precision.compute()));
    return more;
  }

  static Precision read(Fields json) throws ModelFormatException {
    Optional<String> weights = json.has("weights") ? Optional.of(json.string("weights")) : Optional.empty();
    Optional<String> compute = json.has("compute") ? Optional.of(json.string("compute")) : Optional.empty();
    try {
      return precision(weights, compute);
    } catch (IllegalArgumentException e) {
      throw json.refuse("compute", String.valueOf(e.getMessage()));
    }
  }
}
