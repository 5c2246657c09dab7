package dev.raiju.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// ONNX Runtime: linear layers in f32, with int8 and with int4 weights, and attention in f32.
public final class OnnxEngine implements Engine {
  private static final Pattern LINEAR = Pattern.compile("linear_(\\d+)x(\\d+)x(\\d+)");
  private static final Pattern ATTENTION = Pattern.compile("attn_(\\d+)h(\\d+)_(\\d+)");
  private static final int BLOCK = 32;

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final int threads;

  OnnxEngine(int threads) { this.threads = threads; }

  /// Serves until its input ends: `OnnxEngine --serve --threads N`.
  public static void main(String[] typed) throws Exception {
    int at = Arrays.asList(typed).indexOf("--threads");
    if (at < 0 || at + 1 == typed.length) throw new IllegalArgumentException("onnx: needs --threads N");
    try (Engine engine = new OnnxEngine(Integer.parseInt(typed[at + 1]))) {
      new PeerLoop(engine).serve(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)), System.out);
    }
  }

  @Override
  public String name() { return "onnxruntime " + environment.getVersion(); }

  @Override
  public Call prepare(String which, String kind) throws OrtException {
    Matcher linear = LINEAR.matcher(which);
    if (linear.matches()) return linear(kind, number(linear, 1), number(linear, 2), number(linear, 3));
    Matcher attention = ATTENTION.matcher(which);
    if (attention.matches() && kind.equals("f32")) {
      return attention(number(attention, 1), number(attention, 2), number(attention, 3));
    }
    throw new UnsupportedOperationException("onnxruntime: no graph for " + which + " in " + kind);
  }

  private static int number(Matcher found, int group) { return Integer.parseInt(found.group(group)); }

  private Session linear(String kind, int m, int k, int n) throws OrtException {
    Random random = new Random(0);
    float[] bias = normal(random, n);
    OnnxGraph graph = new OnnxGraph().input("x", m, k).output(m, n).constant("b", bias, n);
    switch (kind) {
      case "f32" -> graph.constant("w", normal(random, k * n), k, n).node("MatMul", "x w", "xw").node("Add", "xw b", "y");
      case "int8dyn" -> graph.constant("w", OnnxGraph.INT8, bytes(random, k * n), k, n).constant("ws", new float[] {0.01f}).node(
          "DynamicQuantizeLinear", "x", "xq xs xz").node("MatMulInteger", "xq w xz", "p").toFloat("p", "pf").node("Mul", "xs ws",
              "s").node("Mul", "pf s", "xw").node("Add", "xw b", "y");
      // accuracy level 4: products of int8
      case "w4" -> graph.constant("w", OnnxGraph.UINT8, bytes(random, k * n / 2), n, k / BLOCK, BLOCK / 2).constant("ws", normal(
          random, n * (k / BLOCK)), n, k / BLOCK).own("MatMulNBits", "x w ws", "xw", "K=" + k + " N=" + n + " bits=4 block_size="
              + BLOCK + " accuracy_level=4").node("Add", "xw b", "y");
      default -> throw new UnsupportedOperationException("onnxruntime: no linear layer in " + kind);
    }
    return new Session(graph, Map.of("x", tensor(normal(random, m * k), m, k)));
  }

  private Session attention(int heads, int width, int tokens) throws OrtException {
    Random random = new Random(0);
    int inner = heads * width;
    OnnxGraph graph = new OnnxGraph().input("q", 1, tokens, inner).input("k", 1, tokens, inner).input("v", 1, tokens, inner)
        .output(1, tokens, inner).own("MultiHeadAttention", "q k v", "y", "num_heads=" + heads);
    Map<String, OnnxTensor> inputs = new HashMap<>();
    for (String name : new String[] {"q", "k", "v"}) {
      inputs.put(name, tensor(normal(random, tokens * inner), 1, tokens, inner));
    }
    return new Session(graph, inputs);
  }

  private OnnxTensor tensor(float[] values, long... shape) throws OrtException {
    FloatBuffer direct = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder())
        .asFloatBuffer();
    return OnnxTensor.createTensor(environment, direct.put(values).flip(), shape);
  }

  static float[] normal(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = (float) random.nextGaussian();
    return values;
  }

  private static byte[] bytes(Random random, int count) {
    byte[] values = new byte[count];
    random.nextBytes(values);
    return values;
  }

  @Override
  public void close() { environment.close(); }

  /// A graph with its inputs.
  final class Session implements Call {
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs;

    private Session(OnnxGraph graph, Map<String, OnnxTensor> inputs) throws OrtException {
      this.inputs = inputs;
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        // threads that spin would take time from the other engines
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        session = environment.createSession(graph.toBytes(), options);
      }
    }

    @Override
    public void run() throws OrtException {
      try (OrtSession.Result result = session.run(inputs)) {
        if (result.size() != 1) throw new IllegalStateException("onnxruntime: " + result.size() + " results; needs one");
      }
    }

    /// The result of a call, row by row.
    float[] values() throws OrtException {
      try (OrtSession.Result result = session.run(inputs)) {
        FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] copy = new float[values.remaining()];
        values.get(copy);
        return copy;
      }
    }

    @Override
    public void close() throws OrtException {
      session.close();
      inputs.values().forEach(OnnxTensor::close);
    }
  }
}
