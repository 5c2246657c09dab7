package dev.raiju.export.compiler;

import dev.raiju.export.runtime.Bundle;
import dev.raiju.export.runtime.BundleWriter;
import dev.raiju.export.runtime.BundleWriter.Opened;
import dev.raiju.export.runtime.ClipRun;
import dev.raiju.models.nn.Module;
import dev.raiju.models.pipeline.ClipPlan;
import dev.raiju.models.pipeline.ModelParts;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.sampler.Euler;
import dev.raiju.models.sampler.FewStep;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.sampler.Schedule;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.graph.Planning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/// A model as plans of static shapes, before its weights are written.
///
/// ```java
/// Export export = Export.of(ModelFolder.open(folder), WeightTypes.INT8, prompt, Device.best());
/// export.plans().forEach((name, plan) -> show(plan.placed().memory()));
/// export.write(Path.of("shapes.bundle"), extras);
/// ```
/// Nothing is computed to make one, so that a model of any size can be planned; writing computes what depends on weights alone.
public final class Export {
  private final Typed parts;
  private final Device worker;
  private final ClipRun run;
  private final SequencedMap<String, Folded> folded;

  private Export(Typed parts, Device worker, ClipRun run, SequencedMap<String, Folded> folded) {
    this.parts = parts;
    this.worker = worker;
    this.run = run;
    this.folded = folded;
  }

  /// Plans a model for one size of clip and one number of steps.
  ///
  /// @param types that the transformer is stored in
  /// @param prompt says them; its text does not matter
  /// @param device whose kernels are chosen
  /// @throws IllegalArgumentException if the model cannot do that, or only in a way that no bundle holds
  public static Export of(ModelParts model, WeightTypes types, Prompt prompt, Device device) throws IOException {
    return of(model, types, prompt, device, device);
  }

  /// Plans a model for a device that is not here.
  ///
  /// @param device whose kernels are chosen, and of which none runs
  /// @param worker computes the weights that are made of others, when the bundle is written
  public static Export of(ModelParts model, WeightTypes types, Prompt prompt, Device device, Device worker) throws IOException {
    Typed parts = new Typed(model, types);
    ClipPlan clip = ClipPlan.of(prompt, parts);
    if (clip.guidance() != 1)
      throw new IllegalArgumentException("export: guidance " + clip.guidance()
          + ": a step of a bundle runs the network once; needs"
          + " a model that was distilled, or guidance 1");
    SequencedMap<String, Folded> folded = new LinkedHashMap<>();
    int[] tokens = new int[1];
    var step = Captured.step(device, on -> {
      var transformer = parts.transformer(on);
      tokens[0] = transformer.config().textLength();
      return transformer;
    }, clip.latent());
    folded.put(Bundle.TEXT, Folded.of(Bundle.TEXT, Captured.text(device, parts::textEncoder, tokens[0]), device));
    folded.put(Bundle.STEP, Folded.of(Bundle.STEP, step, device));
    folded.put(Bundle.DECODE, Folded.of(Bundle.DECODE, Captured.decode(device, on -> tiny(parts, on), clip.latent()), device));
    Recipe recipe = parts.recipe();
    ClipRun run = new ClipRun(prompt.width().orElse(recipe.width()), prompt.height().orElse(recipe.height()), prompt.frames()
        .orElse(recipe.frames()), recipe.framesPerSecond(), tokens[0], clip.latent(), steps(clip.sampler()));
    return new Export(parts, worker, run, folded);
  }

  private static TaeDecoder tiny(ModelParts parts, Device device) throws IOException {
    LatentDecoder<?> decoder = parts.decoder(device);
    if (decoder instanceof TaeDecoder tiny) return tiny;
    decoder.close();
    throw new IllegalArgumentException("export: the decoder is Wan's own; needs a model with a tiny one in vae/");
  }

  private static List<ClipRun.Step> steps(Sampler sampler) {
    Schedule schedule = sampler.schedule();
    List<ClipRun.Step> steps = new ArrayList<>();
    for (int i = 0; i < schedule.steps(); i++) {
      double now = schedule.sigma(i);
      double next = schedule.sigma(i + 1);
      boolean last = i == schedule.steps() - 1;
      steps.add(switch (sampler) {
        case FewStep _ -> new ClipRun.Step(schedule.timestep(i), -now, last ? 1 : 1 - next, last ? 0 : next);
        case Euler _ -> new ClipRun.Step(schedule.timestep(i), next - now, 1, 0);
        default -> throw new IllegalArgumentException("export: the sampler remembers earlier steps, which no bundle does; needs"
            + " few-step or euler");
      });
    }
    return steps;
  }

  /// A plan and the weights that it reads.
  ///
  /// @param weightBytes of them
  /// @param folded how many of the weights are computed at export
  public record Planned(PlacedGraph placed, long weightBytes, int folded) {}

  /// The plans by name.
  public SequencedMap<String, Planned> plans() {
    SequencedMap<String, Planned> plans = new LinkedHashMap<>();
    folded.forEach((name, plan) -> plans.put(name, new Planned(plan.placed(), plan.weightBytes(), plan.preparation().outputs()
        .size())));
    return plans;
  }

  public ClipRun run() { return run; }

  /// The model with the weights that a bundle of it holds.
  public ModelParts parts() { return parts; }

  /// What computes the weights that are made of others.
  public Device worker() { return worker; }

  private BundleWriter writer() {
    SequencedMap<String, PlacedGraph> placed = new LinkedHashMap<>();
    folded.forEach((name, plan) -> placed.put(name, plan.placed()));
    return new BundleWriter(run, placed);
  }

  /// What the transformer's weights are stored in, and how far they are from the model's own.
  public List<WeightGroup> weightGroups() throws IOException {
    Device where = parts.parts() instanceof ShapesOnly ? Planning.of(worker).device() : worker;
    try (var wanted = parts.parts().transformer(where); var stored = wanted.narrow(parts.types())) {
      return WeightGroup.of(wanted.parameters(), stored.parameters());
    }
  }

  /// Bytes of all weights in the bundle.
  public long weightBytes() { return writer().weightBytes(); }

  /// Writes the bundle with its tokenizer; one part of the model is in memory at a time.
  ///
  /// @param also files that go with it, by name
  public void write(Path folder, SequencedMap<String, byte[]> also) throws IOException {
    SequencedMap<String, byte[]> beside = new LinkedHashMap<>(also);
    beside.put(Bundle.TOKENIZER, parts.tokenizer().model().bytes());
    writer().write(folder, plan -> switch (plan) {
      case Bundle.TEXT -> open(plan, parts.textEncoder(worker));
      case Bundle.STEP -> open(plan, parts.transformer(worker));
      default -> open(plan, tiny(parts, worker));
    }, beside);
  }

  private <M extends Module<M>> Opened open(String plan, M model) {
    Folded made = Objects.requireNonNull(folded.get(plan));
    Scope scope = Scope.open();
    try {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      model.parameters().forEach((name, tensor) -> weights.put(plan + "/" + name, tensor));
      weights.putAll(made.made(weights, worker));
      return new Opened() {
        @Override
        public Tensor weight(String name) { return Objects.requireNonNull(weights.get(name), name); }

        @Override
        public void close() {
          scope.close();
          model.close();
        }
      };
    } catch (RuntimeException | Error e) {
      scope.close();
      model.close();
      throw e;
    }
  }
}
