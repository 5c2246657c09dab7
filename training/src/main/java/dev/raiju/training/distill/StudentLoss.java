package dev.raiju.training.distill;

import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Losses;
import dev.raiju.training.flow.FlowMatching;
import java.util.ArrayList;
import java.util.List;

/// What a pruned student is first trained by: the flow, and its teacher at the same point, in the output and block by block.
///
/// ```
/// flow · mean (v_student - (noise - x0))² + output · mean (v_student - v_teacher)²
///   + blocks · mean over aligned blocks l of mean (h_l,student - h_l,teacher)²
/// ```
/// The residual streams have the same width, so they are compared as they are. The teacher is run without guidance. A paper that
/// sums over blocks has a weight as many times as large. Afterwards [FlowLoss] alone goes on.
///
/// @param flow weight of the flow
/// @param output weight of the match with the teacher's velocity
/// @param blocks weight of the alignment of the residual streams
/// @param alignment which blocks are aligned
public record StudentLoss(double flow, double output, double blocks, Alignment alignment) {
  /// All weights 1, all blocks.
  public static final StudentLoss EVEN = new StudentLoss(1, 1, 1, Alignment.ALL);

  public StudentLoss {
    if (!(flow >= 0 && output >= 0 && blocks >= 0 && flow + output + blocks > 0 && flow + output
        + blocks < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("student loss: weights " + flow + ", " + output + ", " + blocks
          + "; needs weights of 0 or more, not all 0");
    }
  }

  /// The loss and what it is made of, each a scalar, without weights but for the total.
  ///
  /// @param total what to go down along
  /// @param flow of the flow
  /// @param output of the velocities
  /// @param blocks of the aligned blocks, first to last
  public record Terms(Tensor total, Tensor flow, Tensor output, List<Tensor> blocks) {}

  /// The loss of one batch. Gradients reach the student alone.
  ///
  /// @param student pruned from the teacher
  /// @param x0 `[B, C, T, H, W]`, data
  /// @param noise shape of `x0`
  /// @param sigma `[B]`, the noise levels
  /// @param context `[B, L, text width]`, the prompts
  /// @throws IllegalArgumentException if student or teacher have not the blocks that are to be aligned
  public Terms of(WanTransformer student, WanTransformer teacher, Tensor x0, Tensor noise, Tensor sigma, Tensor context) {
    return of(student, teacher, x0, noise, sigma, context, BlockRunner.PLAIN);
  }

  /// The same with the student's blocks called by `runner`.
  public Terms of(WanTransformer student, WanTransformer teacher, Tensor x0, Tensor noise, Tensor sigma, Tensor context,
      BlockRunner runner) {
    List<Alignment.Pair> pairs = alignment.pairs(student.blocks().size(), teacher.blocks().size());
    try (Scope scope = Scope.open()) {
      Tensor x = FlowMatching.noised(x0, noise, sigma);
      Tensor timestep = sigma.mul(1000);
      WanTransformer.Outputs goal;
      try (var paused = Tape.pause()) {
        goal = teacher.forwardWithBlocks(x, timestep, context, BlockRunner.PLAIN);
      }
      WanTransformer.Outputs here = student.forwardWithBlocks(x, timestep, context, runner);
      Tensor flowTerm = Losses.mse(here.velocity(), FlowMatching.velocity(x0, noise));
      Tensor outputTerm = Losses.mse(here.velocity(), goal.velocity());
      List<Tensor> aligned = new ArrayList<>();
      for (Alignment.Pair pair : pairs)
        aligned.add(Losses.mse(here.blocks().get(pair.student()), goal.blocks().get(pair.teacher())));
      Tensor total = flowTerm.mul(flow).add(outputTerm.mul(output));
      for (Tensor term : aligned) total = total.add(term.mul(blocks / aligned.size()));
      return new Terms(scope.keep(total), scope.keep(flowTerm), scope.keep(outputTerm), List.copyOf(scope.keep(aligned)));
    }
  }
}
