package dev.raiju.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.io.Json;
import org.junit.jupiter.api.Test;

class GoalsTest {
  @Test
  void comparesWithTheCopyAndTheFastestPeer() throws Exception {
    Json times = Json.parse("times", """
        {"copy_256M f32": {"gbps": 4000.0},
         "rmsnorm_32760x1536 bf16": {"gbps": 3000, "peers": {"torch": {"ratio": 2.0}}},
         "attn_12h128_11154 bf16": {"gflops": 1.0, "peers": {"torch": {"ratio": 0.95}, "other": {"error": "no"}}},
         "attn_fwdbwd_12h128_11154 bf16": {"peers": {"torch": {"ratio": 0.95}, "another": {"ratio": 0.8}}},
         "linear_1x1x1 bf16": {"error": "no kernel"}}""");
    assertEquals("""
        {"rmsnorm_32760x1536 bf16":{"of":"copy","ratio":0.75,"goal":0.85,"met":false},\
        "attn_12h128_11154 bf16":{"of":"peer","ratio":0.95,"goal":0.9,"met":true},\
        "attn_fwdbwd_12h128_11154 bf16":{"of":"peer","ratio":0.8,"goal":0.85,"met":false}}""", Goals.of((Json.Obj) times)
        .compact());
  }
}
