package dev.raiju.models.pipeline;

import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/// What making a clip takes, known before it is made: the model's own code is run on a device that computes nothing.
///
/// ```java
/// ClipEstimate estimate = ClipEstimate.of(ModelFolder.open(folder), Prompt.of("a red circle moves right"), Device.best());
/// long bytes = estimate.largest().bytes();
/// ```
/// Of the weights, nothing but the headers of their files is read. It is the clip of a [StagedPipeline]; a [VideoPipeline] has the
/// weights of the other parts in memory too.
///
/// @param stages in the order in which they run
public record ClipEstimate(List<StageEstimate> stages) {
  public ClipEstimate { stages = List.copyOf(stages); }

  /// What one stage takes.
  ///
  /// @param stage which
  /// @param weights of the part of the model that it runs
  /// @param packed bytes of the pool in which weights are kept packed too
  /// @param activations the most bytes that tensors take at one time beside the weights, and what kernels take for themselves
  /// @param pool what the pool of tensors holds of the system's memory by the end of the stage, copied and packed weights included:
  /// more than is in use at one time, since blocks are kept by size
  /// @param flops floating-point operations, a multiply-add counted as two
  public record StageEstimate(Stage stage, Weights weights, long packed, long activations, long pool, long flops) {
    /// Bytes that must be in memory: the pool, and the mapped weights.
    public long bytes() { return weights.mapped() + pool; }
  }

  /// What a model takes for a clip, on this machine.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do
  /// @throws dev.raiju.tensor.io.ModelFormatException if a part of the model is missing or does not fit
  public static ClipEstimate of(ModelParts model, Prompt prompt, Device device) throws IOException {
    return estimate(model, prompt, device, false);
  }

  /// The same for a text as long as the model reads; that of the prompt is not looked at.
  public static ClipEstimate ofLongest(ModelParts model, Prompt prompt, Device device) throws IOException {
    return estimate(model, prompt, device, true);
  }

  private static ClipEstimate estimate(ModelParts model, Prompt prompt, Device device, boolean longest) throws IOException {
    long decoding = Budget.ofMachine().beside(ModelShapes.of(model).decoder().bytes());
    return new Rehearsal(model, device, longest, decoding).run(prompt);
  }

  /// The stage that needs most.
  public StageEstimate largest() {
    return stages.stream().max(Comparator.comparingLong(StageEstimate::bytes)).orElseThrow();
  }

  /// Of all stages together.
  public long flops() { return stages.stream().mapToLong(StageEstimate::flops).sum(); }
}
