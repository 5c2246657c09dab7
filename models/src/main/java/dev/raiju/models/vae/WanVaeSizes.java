package dev.raiju.models.vae;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.Nearest;
import dev.raiju.tensor.io.TensorFile;
import java.util.ArrayList;
import java.util.List;

/// Reads the sizes of a [WanVae] off the layers in a file.
///
/// @param prefix stands before all names in the file
/// @param style how the file calls the layers
record WanVaeSizes(TensorFile file, String prefix, Style style) {
  /// How names end that no other kind of autoencoder has.
  static final List<String> MARKS = List.of("coder.conv1.weight", "coder.conv_in.weight");

  private static final int LARGEST = 1 << 20;

  /// What the two ways of naming call the layers that show a size.
  private enum Style {
    ORIGINAL("conv1", "conv1", "conv2", "residual.2"), DIFFUSERS("conv_in", "quant_conv", "post_quant_conv", "conv1");

    final String in;
    final String moments;
    final String latent;
    final String unit;

    Style(String in, String moments, String latent, String unit) {
      this.in = in;
      this.moments = moments;
      this.latent = latent;
      this.unit = unit;
    }
  }

  /// The levels of a half, from fine to coarse, and the steps between them.
  private record Levels(List<Integer> widths, List<Boolean> time, int units) {}

  static WanVaeConfig of(TensorFile file) throws ModelFormatException {
    for (Style style : Style.values()) {
      for (String half : List.of("decoder.", "encoder.")) {
        String in = half + style.in + ".weight";
        for (String name : file.entries().keySet()) {
          if (!name.endsWith(in)) continue;
          return new WanVaeSizes(file, name.substring(0, name.length() - in.length()), style).config(half.equals("decoder."));
        }
      }
    }
    String first = "decoder.conv1.weight";
    throw new ModelFormatException(Reason.TENSOR_MISSING, file.toString(), "missing " + first + new Nearest(first, file.entries()
        .keySet()));
  }

  private WanVaeConfig config(boolean decoder) throws ModelFormatException {
    Levels levels = decoder ? decoder() : encoder();
    int dim = levels.widths().getFirst();
    List<Integer> multipliers = new ArrayList<>();
    for (int width : levels.widths()) {
      if (width % Math.max(1, dim) != 0) throw wrong("levels of " + levels.widths() + " channels; needs multiples of the finest");
      multipliers.add(width / Math.max(1, dim));
    }
    int channels = decoder ? size(style.latent, 0) : size(style.moments, 0) / 2;
    WanVaeConfig wan = WanVaeConfig.WAN_2_1;
    if (channels != wan.latentChannels()) {
      throw wrong(channels + " latent channels; their scale is not in the file, give the configuration");
    }
    try {
      return new WanVaeConfig(dim, multipliers, levels.units(), levels.time(), channels, wan.mean(), wan.deviation());
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private Levels encoder() throws ModelFormatException {
    String list = style == Style.ORIGINAL ? "encoder.downsamples." : "encoder.down_blocks.";
    List<Integer> widths = new ArrayList<>();
    List<Boolean> time = new ArrayList<>();
    int units = 0;
    for (int at = 0; has(list + at + "." + style.unit);) {
      widths.add(size(list + at + "." + style.unit, 0));
      for (units = 0; has(list + at + "." + style.unit); at++) units++;
      if (!has(list + at + ".resample.1")) break;
      time.add(has(list + at + ".time_conv"));
      at++;
    }
    return new Levels(widths, time, units);
  }

  private Levels decoder() throws ModelFormatException {
    List<Integer> widths = new ArrayList<>();
    List<Boolean> time = new ArrayList<>();
    int units = 0;
    int at = 0;
    for (int level = 0; has(unit(level, 0, at)); level++) {
      widths.add(size(unit(level, 0, at), 0));
      for (units = 0; has(unit(level, units, at)); at++) units++;
      String up = style == Style.ORIGINAL ? "decoder.upsamples." + at : "decoder.up_blocks." + level + ".upsamplers.0";
      if (!has(up + ".resample.1")) break;
      time.add(has(up + ".time_conv"));
      at++;
    }
    // the decoder has one unit more than the encoder
    return new Levels(widths.reversed(), time.reversed(), units - 1);
  }

  /// The first convolution of a unit of the decoder.
  ///
  /// @param at its place where all levels are in one list
  private String unit(int level, int unit, int at) {
    return (style == Style.ORIGINAL ? "decoder.upsamples." + at : "decoder.up_blocks." + level + ".resnets." + unit) + "."
        + style.unit;
  }

  private boolean has(String layer) { return file.entries().containsKey(prefix + layer + ".weight"); }

  private int size(String layer, int axis) throws ModelFormatException {
    String name = prefix + layer + ".weight";
    if (!has(layer)) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, file.toString(), "missing " + name + new Nearest(name, file.entries()
          .keySet()));
    }
    Spec spec = file.spec(name);
    if (spec.rank() != 5 || spec.size(axis) > LARGEST) {
      throw wrong(name + ": shape " + spec.shape() + "; needs 5 axes of at most " + LARGEST);
    }
    return Math.toIntExact(spec.size(axis));
  }

  private ModelFormatException wrong(String problem) {
    return new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), problem);
  }
}
