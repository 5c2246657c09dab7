package dev.raiju.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The graphs compute what their names say: a peer that did less would look fast.
class OnnxEngineTest {
  private final OnnxEngine engine = new OnnxEngine(1);

  @Test
  void linearLayersMatchTheNaiveLoop() throws Exception {
    int m = 3;
    int k = 8;
    int n = 5;
    Random random = new Random(0);
    float[] b = OnnxEngine.normal(random, n);
    float[] w = OnnxEngine.normal(random, k * n);
    float[] x = OnnxEngine.normal(random, m * k);
    float[] y = new float[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = b[j];
        for (int l = 0; l < k; l++) sum += (double) x[i * k + l] * w[l * n + j];
        y[i * n + j] = (float) sum;
      }
    }
    assertArrayEquals(y, values("linear_3x8x5", "f32"), 1e-5f);
  }

  @Test
  void attentionMatchesTheNaiveLoop() throws Exception {
    int heads = 2;
    int d = 8;
    int tokens = 6;
    int inner = heads * d;
    Random random = new Random(0);
    float[] q = OnnxEngine.normal(random, tokens * inner);
    float[] k = OnnxEngine.normal(random, tokens * inner);
    float[] v = OnnxEngine.normal(random, tokens * inner);
    float[] y = new float[tokens * inner];
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < tokens; i++) {
        double[] p = new double[tokens];
        double total = 0;
        for (int j = 0; j < tokens; j++) {
          double s = 0;
          for (int c = 0; c < d; c++) s += (double) q[i * inner + h * d + c] * k[j * inner + h * d + c];
          p[j] = Math.exp(s / Math.sqrt(d));
          total += p[j];
        }
        for (int c = 0; c < d; c++) {
          double sum = 0;
          for (int j = 0; j < tokens; j++) sum += p[j] / total * v[j * inner + h * d + c];
          y[i * inner + h * d + c] = (float) sum;
        }
      }
    }
    assertArrayEquals(y, values("attn_2h8_6", "f32"), 1e-5f);
  }

  @Test
  void narrowLayersRun() throws Exception {
    for (String kind : List.of("int8dyn", "w4")) assertEquals(4 * 32, values("linear_4x64x32", kind).length, kind);
  }

  @Test
  void whatItHasNotIsSaid() {
    assertEquals("onnxruntime: no graph for train_tiny_t256 in f32", assertThrows(UnsupportedOperationException.class,
        () -> engine.prepare("train_tiny_t256", "f32")).getMessage());
    assertEquals("onnxruntime: no linear layer in bf16", assertThrows(UnsupportedOperationException.class, () -> engine.prepare(
        "linear_4x64x32", "bf16")).getMessage());
  }

  @Test
  void answersEveryQuestionWithALine() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String questions = "prepare linear_4x64x32 f32\nround linear_4x64x32 f32\ndrop linear_4x64x32 f32\nround linear_4x64x32 f32\nx\n";
    new PeerLoop(engine).serve(new BufferedReader(new StringReader(questions)), new PrintStream(out, true,
        StandardCharsets.UTF_8));
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(6, lines.size());
    assertTrue(lines.get(0).matches("\\{\"peer\": \"onnxruntime [0-9.]+\"}"), lines.get(0));
    assertTrue(lines.get(1).matches("\\{\"ready\": [1-9]\\d*}"), lines.get(1));
    assertTrue(lines.get(2).matches("\\{\"wall_ms\": [0-9.]+, \"cpu_ms\": [0-9.]+}"), lines.get(2));
    assertEquals("{\"dropped\": true}", lines.get(3));
    assertEquals("{\"error\": \"linear_4x64x32 f32 is not prepared\"}", lines.get(4));
    assertEquals("{\"error\": \"got 1 words; needs verb, case and type\"}", lines.get(5));
  }

  private float[] values(String which, String kind) throws Exception {
    try (OnnxEngine.Session session = (OnnxEngine.Session) engine.prepare(which, kind)) {
      return session.values();
    }
  }
}
