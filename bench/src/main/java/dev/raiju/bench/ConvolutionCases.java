package dev.raiju.bench;

import dev.raiju.models.dit.PatchEmbedding;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.models.vae.TaeStream;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.Window;
import java.util.ArrayList;
import java.util.List;

/// Convolutions, and the tiny video decoder that is made of them.
final class ConvolutionCases {
  // output channels whose error is measured
  private static final long CHANNELS = 3;
  private static final int[] WIDTHS = {256, 128, 64, 64};
  private static final int[] GROW = {1, 2, 2};

  private ConvolutionCases() {}

  static List<Case> all() {
    List<Case> all = new ArrayList<>(List.of(image(256, 256, 60, 104), image(128, 128, 120, 208), image(64, 64, 240, 416), image(
        64, 3, 480, 832)));
    all.add(causal());
    all.add(Case.of("conv3d_patch_16x1536_5x32x32", _ -> Work.of(2L * 64 * 1536 * 1280, 0, 1, 16, 5, 32, 32),
        ConvolutionCases::patches));
    Case decode = decoding(5, 32, 32);
    all.add(decode);
    all.add(decode.named("tae_decode_cl_5x32x32"));
    all.add(decoding(2, 60, 104).heavy(true));
    all.add(decoding(13, 44, 78).heavy(true));
    return all;
  }

  /// 3 x 3 over an image.
  private static Case image(long in, long out, long h, long w) {
    String name = "conv2d_" + in + "x" + out + "_" + h + "x" + w;
    Window window = Window.of(2).padding(1, 1);
    return Case.of(name, kind -> Work.of(2 * 9 * in * out * h * w, kind.bytes() * ((in + out) * h * w + 9 * in * out), 1, in, out,
        h, w), (kind, device) -> convolution(kind, device, window, new long[] {1, in, h, w}, new long[] {out, in, 3, 3}));
  }

  /// 3 x 3 x 3 over a clip whose past is there, as in the full decoder.
  private static Case causal() {
    Window window = Window.of(3).padding(0, 1, 1);
    return Case.of("conv3d_96x96_4x120x208", kind -> Work.of(2L * 27 * 96 * 96 * 4 * 120 * 208, kind.bytes() * 96L * 10 * 120
        * 208, 1, 96, 6, 120, 208), (kind, device) -> convolution(kind, device, window, new long[] {1, 96, 6, 120, 208},
            new long[] {96, 96, 3, 3, 3}));
  }

  private static Task convolution(Kind kind, Device device, Window window, long[] input, long[] weight) {
    Inputs inputs = new Inputs(device);
    Tensor x = inputs.normal(input);
    Tensor w = inputs.keep(() -> inputs.rng().normal(device, weight).mul(0.05));
    Tensor b = inputs.normal(weight[0]);
    List<Tensor> in = List.of(inputs.as(kind, x), inputs.as(kind, w), inputs.as(kind, b));
    return new OpTask(inputs, () -> Convolution.convolution(in.get(0), in.get(1), in.get(2), window), () -> {
      Tensor ours = Samples.rows(Convolution.convolution(in.get(0), in.get(1), in.get(2), window), 1, CHANNELS);
      Tensor exact = Convolution.convolution(Exact.of(x), Exact.of(Samples.rows(w, 0, CHANNELS)), Exact.of(Samples.rows(b, 0,
          CHANNELS)), window);
      return Task.Accuracy.of(Exact.error(ours, exact));
    });
  }

  private static Task patches(Kind kind, Device device) {
    Inputs inputs = new Inputs(device);
    Tensor latent = inputs.normal(1, 16, 5, 32, 32);
    Tensor w = inputs.keep(() -> inputs.rng().normal(device, 1536, 16, 1, 2, 2).mul(0.125));
    Tensor b = inputs.normal(1536);
    Tensor x = inputs.as(kind, latent);
    PatchEmbedding ours = new PatchEmbedding(inputs.as(kind, w), inputs.as(kind, b));
    return new OpTask(inputs, () -> ours.forward(x), () -> Task.Accuracy.of(Exact.error(ours.forward(x), new PatchEmbedding(Exact
        .of(w), Exact.of(b)).forward(Exact.of(latent)))));
  }

  private static Case decoding(long frames, long h, long w) {
    return Case.of("tae_decode_" + frames + "x" + h + "x" + w, _ -> Work.of(decoderFlop(frames, h, w), 0, frames, h, w).frames(4
        * frames - 3), (kind, device) -> decoder(kind, device, frames, h, w));
  }

  private static long decoderFlop(long frames, long h, long w) {
    long pixels = h * w;
    long flop = 2 * 9 * 16L * WIDTHS[0] * frames * pixels;
    for (int i = 0; i < 3; i++) {
      long c = WIDTHS[i];
      flop += 3 * 2 * 9 * 4 * c * c * pixels * frames;
      pixels *= 4;
      flop += 2 * c * c * GROW[i] * pixels * frames;
      frames *= GROW[i];
      flop += 2 * 9 * c * WIDTHS[i + 1] * pixels * frames;
    }
    return flop + 2L * 9 * WIDTHS[3] * 3 * pixels * frames;
  }

  /// Frame by frame, as clips are made.
  private static Task decoder(Kind kind, Device device, long frames, long h, long w) {
    Inputs inputs = new Inputs(device);
    TaeDecoder wide = inputs.own(Tae.create(TaeConfig.TAEW2_1, inputs.initializer())).decoder();
    TaeDecoder ours = kind == Kind.F32 ? wide : inputs.own(wide.to(DType.BF16));
    Tensor latent = inputs.as(kind, inputs.normal(1, 16, frames, h, w));
    return new OpTask(inputs, () -> stream(ours, latent), () -> {
      Tensor small = inputs.rng().normal(device, 1, 16, 2, 8, 8);
      Tensor found = ours.decodeRaw(kind == Kind.F32 ? small : small.to(DType.BF16));
      try (TaeDecoder exact = Exact.of(wide)) {
        return Task.Accuracy.of(Exact.error(found, exact.decodeRaw(Exact.of(small)))).at(2, 8, 8);
      }
    });
  }

  private static void stream(TaeDecoder decoder, Tensor latent) {
    try (TaeStream stream = decoder.stream()) {
      for (long t = 0; t < latent.size(2); t++) {
        try (Scope scope = Scope.open()) {
          stream.next(latent.slice(2, t, 1));
        }
      }
    }
  }
}
