package dev.raiju.models.verify;

import java.util.Map;

/// What this module can compute of golden files: forward passes.
public final class ModelChecks implements GoldenChecks {
  public ModelChecks() {}

  @Override
  public Map<String, Check> checks() {
    return Map.ofEntries(
        Map.entry("ops", GoldenOps::check),
        Map.entry("rope", RopeChecks::check),
        Map.entry("int4_affine", QuantizationChecks::check),
        Map.entry("attn_block", WanChecks::attentionBlock),
        Map.entry("wan_dit", WanChecks::transformer),
        Map.entry("wan_dit_diffusers", WanChecks::otherNames),
        Map.entry("umt5", Umt5Checks::encoder),
        Map.entry("umt5_hf", Umt5Checks::otherNames),
        Map.entry("taehv", TaeChecks::autoencoder),
        Map.entry("wan_vae_encode", WanVaeChecks::encoder),
        Map.entry("wan_vae_decode", WanVaeChecks::decoder),
        Map.entry("schedulers", SchedulerChecks::check),
        Map.entry("pipeline", PipelineChecks::check));
  }
}
