package dev.raiju.bench;

import dev.raiju.kernels.cpu.emit.PeakLoops;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A row of the fixed set that is reported, and what it shall reach.
///
/// @param name its name in reports
/// @param which the case behind it
/// @param limit what bounds it: a multiply-add rate; empty for memory
/// @param ratio the goal for the best peer's time over ours
/// @param share the goal for the part of the limit
record HeadlineRow(String name, String which, Kind kind, Optional<PeakLoops.Kind> limit, double ratio, double share) {
  /// The set, in the order of reports.
  static List<HeadlineRow> all() {
    List<HeadlineRow> rows = new ArrayList<>();
    rows.add(product("gemm-f32", "linear_1280x1536x4480", Kind.F32, 1.10, 0.92));
    rows.add(product("gemm-bf16", "linear_1280x1536x4480", Kind.BF16, 1.03, 0.90));
    rows.add(product("gemm-int8", "linear_1280x1536x4480", Kind.INT8_DYNAMIC, 1.10, 0.83));
    rows.add(product("gemm-int4", "linear_512x4096x10240", Kind.W4, 2.0, 0.60));
    rows.add(product("attn-f32", "attn_12h128_1280", Kind.F32, 1.15, 0.84));
    rows.add(product("attn-bf16", "attn_12h128_4096", Kind.BF16, 1.8, 0.66));
    rows.add(product("attn-train", "attn_fwdbwd_6h64_1280", Kind.F32, 1.2, 0.80));
    rows.add(product("attn-train", "attn_fwdbwd_6h64_1280", Kind.BF16, 1.5, 0.56));
    rows.add(product("block-lightning", "block_lightning_t1280", Kind.F32, 1.15, 0.86));
    rows.add(product("block-lightning", "block_lightning_t1280", Kind.BF16, 1.25, 0.80));
    rows.add(product("train-small", "train_small_t1280", Kind.F32, 1.2, 0.75));
    rows.add(product("train-small", "train_small_t1280", Kind.BF16, 1.4, 0.62));
    rows.add(product("train-small-compiled", "train_compiled_small_t256", Kind.F32, 1.1, 0));
    rows.add(product("tae-decode", "tae_decode_5x32x32", Kind.F32, 1.5, 0.80));
    rows.add(product("tae-decode", "tae_decode_5x32x32", Kind.BF16, 1.5, 0.80));
    rows.add(product("tiny", "train_tiny_t256", Kind.F32, 2.0, 0));
    rows.add(memory("rms-norm", "rmsnorm_fused_1280x1536"));
    rows.add(memory("modulated-norm", "layernorm_modulate_1280x1536"));
    rows.add(memory("rope", "rope3d_1280x12x128"));
    rows.add(memory("gelu", "gelu_tanh_1280x8960"));
    rows.add(memory("adamw", "adamw_fused_16M"));
    return rows;
  }

  private static HeadlineRow product(String name, String which, Kind kind, double ratio, double share) {
    PeakLoops.Kind limit = switch (kind) {
      case F32 -> PeakLoops.Kind.F32;
      case BF16, W8 -> PeakLoops.Kind.BF16;
      case INT8_DYNAMIC, INT8_PRODUCT, W4 -> PeakLoops.Kind.INT8;
    };
    return new HeadlineRow(name, which, kind, Optional.of(limit), ratio, share);
  }

  private static HeadlineRow memory(String name, String which) {
    return new HeadlineRow(name, which, Kind.F32, Optional.empty(), 1.5, 0.85);
  }

  Case find() { return Cases.find(List.of(which), true).getFirst(); }

  /// The part of the limit that `seconds` for one call mean; NaN where the limit is not known.
  double shareOf(Limits limits, double seconds) {
    Work work = find().work().apply(kind);
    if (limit.isEmpty()) return work.bytes() / seconds / limits.copyBytes();
    Double most = limits.flops().get(limit.get());
    return most == null ? Double.NaN : work.flop() / seconds / most;
  }
}
