package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Precision;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.TypeError;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// `raiju types`: the error that each type causes in a model.
final class Types implements Command {
  private static final List<String> TEXTS = List.of("a red circle moves right", "a large blue star stays still",
      "a small green square moves left and a yellow triangle moves up");

  @Override
  public String name() { return "types"; }

  @Override
  public String arguments() { return "[MODEL] [OPTION …]"; }

  @Override
  public String summary() { return "tells the error that each type of weights and products causes in a model"; }

  @Override
  public List<Option> options() {
    List<Option> options = new ArrayList<>(ClipOptions.ALL.subList(0, 2));
    options.addAll(List.of(
        Option.of("--prompt", "TEXT", "what the clips show; several with | [" + TEXTS.size() + " texts about shapes]"),
        Option.of("--out", "FILE", "the table as .json too"),
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]")));
    return options;
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    ModelFolder model = ClipMaker.model(arguments.words().isEmpty()
        ? Optional.empty()
        : Optional.of(arguments.onlyPath("a model")));
    List<String> texts = arguments.text("--prompt").map(text -> List.of(text.split("\\|"))).orElse(TEXTS);
    if (texts.stream().anyMatch(String::isBlank)) throw UserError.usage("types: --prompt: a text is empty");
    Device device = Generate.device(arguments);
    Prompt size = ClipOptions.apply(Prompt.of(texts.getFirst()), arguments, "types");
    List<TypeError> errors;
    try (Meter meter = Meter.on(console)) {
      errors = TypeError.measure(model, TypeError.usual(), texts, size, device, meter);
    }
    Table.lines(rows(errors)).forEach(console::print);
    Optional<Path> out = arguments.path("--out");
    if (out.isPresent()) {
      Json.Obj json = Json.object().with("texts", texts.size()).with("types", Json.array(errors.stream().map(Types::write)
          .toArray(Json[]::new))).with("machine", Machine.of(device).write());
      Durable.system().write(out.get(), json.pretty());
    }
    return 0;
  }

  private static List<List<String>> rows(List<TypeError> errors) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("weights", "products", "text encoder", "embedding cosine", "least", "transformer", "velocity error"));
    for (TypeError error : errors) {
      rows.add(List.of(weights(error.precision()), PrecisionOptions.computedLabel(error.precision().compute()), Units.bytes(error
          .textBytes()), String
              .format(Locale.ROOT, "%.6f", error.cosine()), String.format(Locale.ROOT, "%.6f", error.leastCosine()), Units.bytes(
                  error
                      .transformerBytes()), String.format(Locale.ROOT, "%.2e", error.velocityError())));
    }
    return rows;
  }

  private static String weights(Precision precision) {
    return precision.weights().map(PrecisionOptions::label).orElse("as stored");
  }

  private static Json write(TypeError error) {
    return Json.object().with("weights", weights(error.precision())).with("products", PrecisionOptions.computedLabel(error
        .precision()
        .compute())).with(
            "text_encoder_bytes", error.textBytes()).with("embedding_cosine", error.cosine()).with("least_embedding_cosine", error
                .leastCosine()).with("transformer_bytes", error.transformerBytes()).with("velocity_error", error.velocityError());
  }
}
