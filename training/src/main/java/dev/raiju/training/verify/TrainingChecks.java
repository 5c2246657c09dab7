package dev.raiju.training.verify;

import dev.raiju.models.verify.GoldenChecks;
import java.util.Map;

/// What this module can compute of golden files: gradients, optimiser steps, pruning and distillation.
public final class TrainingChecks implements GoldenChecks {
  public TrainingChecks() {}

  @Override
  public Map<String, Check> checks() {
    return Map.of(
        "ops", PartGradientChecks::operations,
        "rope", PartGradientChecks::rope,
        "attn_block", PartGradientChecks::block,
        "taehv", PartGradientChecks::autoencoder,
        "wan_dit_grads", GradientChecks::transformer,
        "adamw", OptimizerChecks::check,
        "taylor_scores", PruningChecks::scores,
        "prune_stage1", PruningChecks::student,
        "dmd", DistillationChecks::check);
  }
}
