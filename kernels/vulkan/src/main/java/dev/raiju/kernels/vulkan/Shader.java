package dev.raiju.kernels.vulkan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/// The files of shaders, and the kernels in each in the order of their numbers: the compiler gets them as `#define`s, and a pipeline
/// picks one by a specialisation constant.
enum Shader {
  ATTENTION("attention"),
  ATTENTION_BACKWARD("query_gradient", "key_gradient"),
  BLOCKS("quantize", "dequantize", "gather_blocks"),
  FORMULA("formula_float", "formula_any"),
  INDICES("check_indices", "gather", "scatter_add", "take_along", "add_along", "fold_windows"),
  MOVES("copy", "cast", "fill", "iota", "random_draw"),
  NORMS("layer_norm", "modulated_layer_norm", "rms_norm", "norm_backward", "channel_norm", "group_norm"),
  PRODUCTS("matrix_product", "linear_blocks", "convolution", "convolution_input_gradient", "convolution_weight_gradient"),
  REDUCTIONS("reduce_short", "reduce_long", "arg_max", "cumulative_sum", "sort"),
  ROPE("rope"),
  SOFTMAX("softmax", "softmax_across", "log_sum_exp"),
  UPDATES("adamw", "moving_average");

  // in the order of their codes, which the kernels know
  private static final List<String> TYPES = List.of("_f32", "_f16", "_bf16");

  private final List<String> kernels;

  Shader(String... kernels) { this.kernels = List.of(kernels); }

  /// A kernel as a launch names it: its number in the file, and its type's code, 0 where it is made for none.
  record Choice(Shader shader, int kernel, int type) {}

  /// @param kernel with the type behind it where it is made for one
  /// @throws IllegalArgumentException if there is none of that name
  static Choice find(String file, String kernel) {
    Shader shader = valueOf(file.toUpperCase(Locale.ROOT));
    int plain = shader.kernels.indexOf(kernel);
    if (plain >= 0) return new Choice(shader, plain, 0);
    for (int type = 0; type < TYPES.size(); type++) {
      String suffix = TYPES.get(type);
      if (!kernel.endsWith(suffix)) continue;
      int index = shader.kernels.indexOf(kernel.substring(0, kernel.length() - suffix.length()));
      if (index >= 0) return new Choice(shader, index, type);
    }
    throw new IllegalArgumentException("vulkan: no kernel " + kernel + " in " + file);
  }

  /// The name of its file, without the ending.
  String file() { return name().toLowerCase(Locale.ROOT); }

  List<String> kernels() { return kernels; }

  /// The SPIR-V that ships.
  byte[] code() {
    String name = file() + ".spv";
    try (InputStream in = Shader.class.getResourceAsStream(name)) {
      if (in == null) throw new IllegalStateException("vulkan: " + name + " is missing from the jar");
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
