package dev.raiju.models.verify;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Losses;
import dev.raiju.tensor.op.Resize;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.Variance;
import dev.raiju.tensor.op.Window;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// The operations in golden files of kind `ops`, with the attributes that the files do not tell.
public final class GoldenOps {
  private static final float EPS = 1e-6f;
  private static final float GROUP_EPS = 1e-5f;
  private static final String MASKED = "sdpa_keymask";
  private static final SequencedMap<String, Operation> ALL = new LinkedHashMap<>();

  static {
    elementwise();
    norms();
    products();
    convolutions();
    images();
  }

  private GoldenOps() {}

  /// An operation on inputs by name.
  @FunctionalInterface
  public interface Operation {
    Tensor apply(Inputs in);
  }

  /// The inputs of an operation.
  ///
  /// @param tensors by name, without the prefix
  public record Inputs(Map<String, Tensor> tensors) {
    Tensor get(String name) {
      Tensor tensor = tensors.get(name);
      if (tensor == null) throw new IllegalArgumentException("ops: no input " + name + "; there are " + tensors.keySet());
      return tensor;
    }

    Tensor x() { return get("x"); }
  }

  /// All operations by name.
  public static SequencedMap<String, Operation> all() { return Collections.unmodifiableSequencedMap(ALL); }

  /// The inputs of an operation in a file: what is named `op.in.…`.
  public static Inputs inputs(GoldenFile golden, String op) throws ModelFormatException {
    String prefix = op + ".in.";
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : golden.names(prefix)) tensors.put(name.substring(prefix.length()), golden.tensor(name));
    if (op.equals(MASKED)) tensors.put("seen", seen(golden.tensor(op + ".g.k")));
    return new Inputs(tensors);
  }

  static void check(GoldenFile golden, Comparison results) throws IOException {
    for (String name : golden.names("")) {
      if (!name.endsWith(".out")) continue;
      String op = name.substring(0, name.length() - ".out".length());
      Operation operation = ALL.get(op);
      if (operation == null) throw golden.config().refuse(op, "no such operation; there are " + ALL.keySet());
      Inputs in = inputs(golden, op);
      // products and convolutions add up more than elementwise operations
      boolean summed = in.tensors().size() > 1;
      results.check(name, operation.apply(in), summed ? Comparison.PRODUCT : Comparison.ELEMENTWISE);
    }
    if (golden.has("cast.f32")) {
      Tensor wide = golden.tensor("cast.f32");
      results.check("cast.bf16", wide.to(DType.BF16), Comparison.EXACT);
      results.check("cast.f16", wide.to(DType.F16), Comparison.EXACT);
    }
  }

  private static void elementwise() {
    ALL.put("gelu_tanh", in -> Elementwise.geluTanh(in.x()));
    ALL.put("gelu_tanh_t5", in -> Elementwise.geluTanh(in.x()));
    ALL.put("gelu_erf", in -> Elementwise.geluErf(in.x()));
    ALL.put("silu", in -> Elementwise.silu(in.x()));
    ALL.put("relu", in -> Elementwise.relu(in.x()));
    ALL.put("sigmoid", in -> Elementwise.sigmoid(in.x()));
    Expr soft = Expr.in(0).div(Expr.of(3)).apply(UnaryFunction.TANH).mul(3);
    ALL.put("tanh3", in -> Elementwise.elementwise("tanh3", soft, in.x()));
    ALL.put("softmax_last", in -> Softmax.softmax(in.x().mul(4), -1));
    ALL.put("log_softmax_last", in -> Softmax.logSoftmax(in.x().mul(4), -1));
    ALL.put("broadcast_mul_add", in -> in.x().mul(in.get("s").add(1)).add(in.get("b")));
    ALL.put("cumsum", in -> CumulativeSum.cumulativeSum(in.x(), 1));
    ALL.put("var_mean", in -> Tensor.concat(1, Variance.variance(in.x(), false, -1), in.x().mean(-1)));
    ALL.put("mse_mean", in -> Losses.mse(in.get("a"), in.get("b")).reshape(1));
  }

  private static void norms() {
    ALL.put("rmsnorm_wan", in -> RmsNorm.rmsNorm(in.x(), in.get("w"), EPS));
    ALL.put("layernorm_noaffine", in -> LayerNorm.layerNorm(in.x(), EPS));
    ALL.put("layernorm_affine", in -> LayerNorm.layerNorm(in.x(), in.get("w"), in.get("b"), EPS));
    ALL.put("channel_rmsnorm_vae", in -> ChannelNorm.channelNorm(in.x(), in.get("gamma").reshape(-1)));
    ALL.put("groupnorm", in -> GroupNorm.groupNorm(in.x(), 4, in.get("w"), in.get("b"), GROUP_EPS));
  }

  private static void products() {
    ALL.put("linear", in -> Linear.linear(in.x(), in.get("w"), in.get("b")));
    ALL.put("bmm", in -> in.get("a").matmul(in.get("b")));
    ALL.put("sdpa", in -> byHead(Attention.attention(byHead(in.get("q")), byHead(in.get("k")), byHead(in.get("v")))));
    ALL.put(MASKED, in -> {
      Scores scores = Scores.of(in.get("q").size(-1));
      return byHead(Attention.maskedAttention(byHead(in.get("q")), byHead(in.get("k")), byHead(in.get("v")), in.get("seen"),
          scores));
    });
  }

  private static Tensor byHead(Tensor x) { return x.transpose(1, 2); }

  /// Which keys a sample sees, `[B, 1, 1, N]`: the file holds no mask, but a key that nobody sees has no gradient.
  private static Tensor seen(Tensor keyGradient) {
    Tensor size = keyGradient.abs().max(1, 3);
    return size.like(0).less(size).reshape(size.size(0), 1, 1, size.size(1));
  }

  private static void convolutions() {
    ALL.put("conv2d_k1", in -> convolution(in, Window.of(2)));
    ALL.put("conv2d_k3p1", in -> convolution(in, Window.of(2).padding(1, 1)));
    ALL.put("conv2d_k3s2p1_nobias", in -> convolution(in, Window.of(2).stride(2, 2).padding(1, 1)));
    ALL.put("conv2d_k3s2_padrb", in -> convolution(in, Window.of(2).stride(2, 2).padding(List.of(0, 0), List.of(1, 1))));
    ALL.put("conv3d_k3p1", in -> convolution(in, Window.of(3).padding(1, 1, 1)));
    ALL.put("conv3d_patch122", in -> convolution(in, Window.of(3).stride(1, 2, 2)));
    ALL.put("conv3d_causal_k3", in -> convolution(in, Window.of(3).padding(List.of(2, 1, 1), List.of(0, 1, 1))));
    ALL.put("conv3d_time_causal", in -> convolution(in, Window.of(3).padding(List.of(2, 0, 0), List.of(0, 0, 0))));
    ALL.put("conv3d_time_stride2", in -> convolution(in, Window.of(3).stride(2, 1, 1)));
  }

  private static Tensor convolution(Inputs in, Window window) {
    return in.tensors().containsKey("b")
        ? Convolution.convolution(in.x(), in.get("w"), in.get("b"), window)
        : Convolution.convolution(in.x(), in.get("w"), window);
  }

  private static void images() {
    ALL.put("avgpool2", in -> Resize.averagePool(in.x(), 2, 2));
    ALL.put("upsample_nearest2", in -> Resize.nearest(in.x(), 2));
    ALL.put("pixel_shuffle2", in -> Resize.pixelShuffle(in.x(), 2));
    ALL.put("pixel_unshuffle2", in -> Resize.pixelUnshuffle(in.x(), 2));
  }
}
