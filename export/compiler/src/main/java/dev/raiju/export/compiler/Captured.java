package dev.raiju.export.compiler;

import dev.raiju.export.runtime.Bundle;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Capture;
import dev.raiju.tensor.graph.Graph;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The parts of a model as graphs of static shapes, for the plans of a [Bundle]. No kernel runs.
final class Captured {
  /// `data = a · sample + b · velocity`, as samplers compute it.
  private static final Expr WEIGHTED = Expr.in(0).mul(Expr.in(1)).add(Expr.in(2).mul(Expr.in(3)));

  private Captured() {}

  /// Loads a part of a model.
  @FunctionalInterface
  interface Loader<M> {
    M load(Device device) throws IOException;
  }

  private interface Code<M> {
    SequencedMap<String, Tensor> run(M model, Capture capture);
  }

  private static <M extends Module<M>> Graph graph(Device device, Loader<M> loader, Code<M> code) throws IOException {
    try (Capture capture = Capture.on(device); Scope _ = Scope.open(); M model = loader.load(capture.device())) {
      capture.weights(model.parameters());
      return capture.graph(code.run(model, capture));
    }
  }

  /// From ids and a mask to rows for the transformer, zeros where there is no text.
  static Graph text(Device device, Loader<Umt5Encoder> loader, int tokens) throws IOException {
    return graph(device, loader, (encoder, capture) -> {
      Tensor ids = capture.input("ids", Spec.of(DType.I32, 1, tokens));
      Tensor mask = capture.input("mask", Spec.of(DType.BOOL, 1, tokens));
      Tensor rows = encoder.forward(ids, mask);
      SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
      outputs.put("context", Elementwise.elementwise("padding", Expr.select(Expr.in(0), Expr.in(1), Expr.of(0)), mask.unsqueeze(
          -1), rows));
      return outputs;
    });
  }

  /// The network once, and the sample after it.
  static Graph step(Device device, Loader<WanTransformer> loader, Shape shape) throws IOException {
    return graph(device, loader, (transformer, capture) -> {
      Spec spec = new Spec(DType.F32, shape);
      Tensor latent = capture.input("latent", spec);
      Tensor noise = capture.input("noise", spec);
      Tensor timestep = capture.input("timestep", Spec.of(DType.F32, 1));
      Tensor blend = capture.input("blend", Spec.of(DType.F32, 4));
      Tensor context = capture.input("context", Spec.of(DType.F32, 1, transformer.config().textLength(), transformer.config()
          .textDim()));
      Tensor velocity = transformer.forward(latent, timestep, context);
      Tensor data = Elementwise.elementwise("blend", WEIGHTED, latent, blend.select(0, 0), velocity, blend.select(0, 1));
      SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
      outputs.put("latent", Elementwise.elementwise("blend", WEIGHTED, data, blend.select(0, 2), noise, blend.select(0, 3)));
      return outputs;
    });
  }

  /// One latent frame, and what each block remembers of the one before, to frames and the same for the next.
  static Graph decode(Device device, Loader<TaeDecoder> loader, Shape latent) throws IOException {
    Spec one = new Spec(DType.F32, latent.with(2, 1));
    List<Spec> remembered = remembered(device, loader, one);
    return graph(device, loader, (decoder, capture) -> {
      List<Tensor> past = new ArrayList<>();
      for (Spec spec : remembered) past.add(capture.input("past " + past.size(), spec));
      TaeDecoder.Continued made = decoder.decodeNext(capture.input("latent", one), past);
      SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
      outputs.put("frames", made.frames());
      for (int i = 0; i < past.size(); i++) outputs.put("past " + i, made.past().get(i));
      return outputs;
    });
  }

  /// What the blocks remember: found by decoding the first frame on a device that computes nothing.
  private static List<Spec> remembered(Device device, Loader<TaeDecoder> loader, Spec latent) throws IOException {
    Device nowhere = Planning.of(device).device();
    try (Scope _ = Scope.open(); TaeDecoder decoder = loader.load(nowhere)) {
      List<Tensor> past = decoder.decodeNext(Tensor.full(latent, 0, nowhere), List.of()).past();
      List<Spec> specs = past.stream().map(Tensor::spec).toList();
      past.forEach(Tensor::close);
      return specs;
    }
  }
}
