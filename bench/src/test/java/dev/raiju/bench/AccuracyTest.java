package dev.raiju.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.cpu.CpuBackend;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.HostMemory;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each family of cases runs and is as near to f64 as its types allow. A case that computed something else, or compared the wrong
/// parts, would be far off.
class AccuracyTest {
  private static final Device DEVICE = Device.of(new CpuBackend(2));

  @ParameterizedTest
  @CsvSource({"linear_1x4096x4096,F32,1e-6", "linear_256x128x512,BF16,5e-3", "linear_256x128x512,INT8_DYNAMIC,1e-2",
    "linear_256x128x512,W8,1e-2", "linear_256x128x512,W4,0.1", "linear_fwdbwd_1280x384x1536,F32,1e-6",
    "linear_fwdbwd_1280x384x1536,BF16,5e-3", "ffn_1280x384x1536,F32,1e-6", "ffn_1280x384x1536,BF16,1e-2",
    "attn_6h64_1280,F32,3e-6", "attn_6h64_1280,BF16,1e-2", "attn_fwdbwd_6h64_1280,F32,3e-6", "attn_fwdbwd_6h64_1280,BF16,2e-2",
    "rmsnorm_1280x1536,F32,1e-6", "layernorm_modulate_1280x1536,BF16,5e-3", "rope3d_1280x12x128,F32,1e-6",
    "gelu_tanh_1280x8960,F32,1e-6", "conv2d_256x256_60x104,BF16,5e-3", "conv3d_patch_16x1536_5x32x32,F32,1e-6",
    "adamw_fused_16M,F32,1e-6", "block_tiny_t256,F32,1e-5", "block_tiny_t256,BF16,2e-2", "fwd_tiny_t256,F32,1e-4",
    "fwd_tiny_t256,BF16,5e-2", "train_tiny_t256,F32,1e-4", "train_tiny_t256,BF16,0.1"})
  void resultsAreNearF64(String name, Kind kind, double most) {
    long buffers = HostMemory.liveBuffers();
    try (Task task = Cases.find(List.of(name), true).getFirst().builder().build(kind, DEVICE)) {
      task.run();
      double error = task.accuracy().error();
      assertTrue(error > most / 1e4 && error < most, "error " + error);
    }
    assertEquals(buffers, HostMemory.liveBuffers(), "what was set up is let go of");
  }
}
