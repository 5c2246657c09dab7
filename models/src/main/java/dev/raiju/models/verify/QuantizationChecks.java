package dev.raiju.models.verify;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Block-quantised weights: codes, scales and biases, the values they stand for, and products with them.
final class QuantizationChecks {
  private QuantizationChecks() {}

  static void check(GoldenFile golden, Comparison results) throws IOException {
    if (!(golden.config().value("cases") instanceof Json.Arr(List<Json> cases)))
      throw golden.config().refuse("cases", "no array");
    for (Json item : cases) {
      if (!(item instanceof Json.Arr(List<Json> parts)) || parts.size() < 2 || !(parts.get(0) instanceof Json.Int(long bits))
          || !(parts.get(1) instanceof Json.Int(long group))) throw golden.config().refuse("cases", "needs [bits, group, type]");
      String type = parts.size() > 2 && parts.get(2) instanceof Json.Str(String name) ? name : "";
      check(golden, results, "b" + bits + "g" + group + type + ".", DType.parse("q" + bits + "_g" + group + (type.isEmpty()
          ? ""
          : "_" + type)));
    }
  }

  private static void check(GoldenFile golden, Comparison results, String name, DType type) throws IOException {
    Tensor w = golden.tensor(name + "w");
    Tensor quantized = Quantize.quantize(w, type);
    MemorySegment blocks = MemorySegment.ofArray(quantized.toBytes());
    int count = Math.toIntExact(blocks.byteSize() / type.unitBytes());
    int codeBytes = type.unit() * type.codeBits() / 8;
    DType stored = type.scaleType();
    double[] scales = new double[count];
    double[] biases = new double[count];
    long[] words = new long[count * codeBytes / 4];
    for (int i = 0; i < count; i++) {
      MemorySegment block = blocks.asSlice((long) i * type.unitBytes(), type.unitBytes());
      scales[i] = Elements.getDouble(stored, block, 0);
      biases[i] = Elements.getDouble(stored, block, 1);
      MemorySegment codes = block.asSlice(2L * stored.unitBytes());
      for (int k = 0; k < codeBytes / 4; k++) words[i * codeBytes / 4 + k] = Elements.getLong(DType.I32, codes, k);
    }
    results.check(name + "packed_u32_as_i32", words);
    results.check(name + "scales", scales, Comparison.ELEMENTWISE);
    results.check(name + "biases", biases, Comparison.ELEMENTWISE);
    // from here on with what is stored, as a file of MLX is computed with
    Tensor weight = stored(golden, name, type);
    Tensor dequantized = Dequantize.dequantize(weight, w.dtype());
    results.check(name + "dequant", dequantized, w.dtype() == DType.F32 ? Comparison.ELEMENTWISE : Comparison.EXACT);
    // MLX rounds the values to the type of the weight before it multiplies; the codes' own values are not rounded to a narrow type
    Tensor x = golden.tensor(name + "x");
    results.check(name + "y_x_wT", Linear.linear(x, w.dtype() == DType.F32 ? weight : dequantized), Comparison.PRODUCT);
  }

  /// The matrix over the codes, scales and biases in the file.
  private static Tensor stored(GoldenFile golden, String name, DType type) throws IOException {
    Tensor codes = golden.tensor(name + "packed_u32_as_i32");
    Device host = codes.device().backend() instanceof HostBackend ? codes.device() : Device.reference();
    Tensor words = Tensor.of(codes.spec().with(DType.U32), MemorySegment.ofArray(codes.toBytes()), host);
    BlockPlanes planes = BlockPlanes.of(type, words, golden.tensor(name + "scales").to(host), golden.tensor(name + "biases").to(
        host));
    return Tensor.over(planes, host).to(codes.device());
  }
}
