package dev.raiju.training.distill;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Looks at what a generator makes while it is distilled, and names the ways in which that fails: clips that stand still, one colour,
/// noise, or all the same. Latents of data are what is normal.
public final class CollapseMonitor {
  /// So much less than data has is a collapse.
  private static final double LITTLE = 0.05;
  /// Neighbours of data belong together; where they do so much less, it is noise.
  private static final double LOOSE = 0.3;

  private CollapseMonitor() {}

  /// What some latents are like.
  ///
  /// @param motion the mean square of the change from a frame to the next; 0 of pictures
  /// @param detail the mean variance within a frame
  /// @param kinship the correlation of neighbours within a frame
  /// @param variety the mean variance over the samples; 0 of one
  public record Reading(double motion, double detail, double kinship, double variety) {
    /// @param latents `[B, C, T, H, W]`
    public static Reading of(Tensor latents) {
      try (Scope scope = Scope.open()) {
        return Trace.silently(() -> {
          Tensor x = latents.dtype() == DType.F64 ? latents : latents.to(DType.F32);
          long frames = x.size(2);
          Tensor centred = x.sub(x.mean(true, 3, 4));
          double detail = centred.square().mean().item();
          double right = neighbours(centred, 4);
          double down = neighbours(centred, 3);
          double motion = frames < 2 ? 0 : x.slice(2, 1, frames - 1).sub(x.slice(2, 0, frames - 1)).square().mean().item();
          double variety = x.size(0) < 2 ? 0 : x.sub(x.mean(true, 0)).square().mean().item();
          return new Reading(motion, detail, (right + down) / 2 / Math.max(detail, 1e-12), variety);
        });
      }
    }

    private static double neighbours(Tensor centred, int axis) {
      long size = centred.size(axis);
      if (size < 2) return 0;
      return centred.slice(axis, 1, size - 1).mul(centred.slice(axis, 0, size - 1)).mean().item();
    }
  }

  /// What is wrong with samples, a line each; nothing where they are as data is, or training has only begun to move them.
  public static List<String> problems(Reading samples, Reading data) {
    List<String> problems = new ArrayList<>();
    boolean solid = samples.detail() < LITTLE * data.detail();
    if (solid) problems.add(line("collapse to a solid colour: detail", samples.detail(), data.detail()));
    else
      if (samples.kinship() < LOOSE * data.kinship())
        problems.add(line("collapse to noise: kinship of neighbours", samples
            .kinship(), data.kinship()));
    if (!solid && samples.motion() < LITTLE * data.motion())
      problems.add(line("collapse to static clips: motion", samples.motion(),
          data.motion()));
    if (samples.variety() < LITTLE * data.variety())
      problems.add(line("all samples are alike: variety", samples.variety(), data
          .variety()));
    return problems;
  }

  private static String line(String what, double seen, double normal) {
    return String.format(Locale.ROOT, "%s %.3g; data has %.3g", what, seen, normal);
  }
}
