package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LoadReport;
import dev.raiju.models.nn.NameTable;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.TensorFile;
import java.util.SequencedMap;

/// Reads and writes the checkpoints of Wan's autoencoder. Nothing else knows their names: the original has the layers of all levels
/// in one list, as has the encoder of diffusers.
public final class WanVaeWeights {
  /// As Wan 2.1 was published.
  public static final String ORIGINAL = "original";
  /// As the diffusers library stores it.
  public static final String DIFFUSERS = "diffusers";

  private static final String DECODER = "decoder.";
  private static final String ENCODER = "encoder.";
  private WanVaeWeights() {}

  /// The table of names for a list of layers.
  public static NameTable names(WanVaeConfig config) {
    return decoderNames(config, encoderNames(config, NameTable.of(ORIGINAL, DIFFUSERS)));
  }

  private static NameTable encoderNames(WanVaeConfig config, NameTable table) {
    NameTable names = half(table, "encoder", "conv1", "quant_conv").row("encoder.moments", "conv1", "quant_conv");
    int at = 0;
    for (int level = 0; level < config.levels(); level++) {
      for (int unit = 0; unit < config.units(); unit++, at++) {
        names = unit(names, "encoder.levels." + level + ".units." + unit, "encoder.downsamples." + at, "encoder.down_blocks."
            + at);
      }
      if (level == config.levels() - 1) break;
      String ours = "encoder.levels." + level + ".down";
      names = names.row(ours + ".shrink", "encoder.downsamples." + at + ".resample.1", "encoder.down_blocks." + at
          + ".resample.1").row(ours + ".time", "encoder.downsamples." + at + ".time_conv", "encoder.down_blocks." + at
              + ".time_conv");
      at++;
    }
    return names;
  }

  private static NameTable decoderNames(WanVaeConfig config, NameTable table) {
    NameTable names = half(table, "decoder", "conv2", "post_quant_conv").row("decoder.latent", "conv2", "post_quant_conv");
    int at = 0;
    for (int level = 0; level < config.levels(); level++) {
      String block = "decoder.up_blocks." + level;
      for (int unit = 0; unit <= config.units(); unit++, at++) {
        names = unit(names, "decoder.levels." + level + ".units." + unit, "decoder.upsamples." + at, block + ".resnets." + unit);
      }
      if (level == config.levels() - 1) break;
      String ours = "decoder.levels." + level + ".up";
      names = names.row(ours + ".blend", "decoder.upsamples." + at + ".resample.1", block + ".upsamplers.0.resample.1").row(ours
          + ".time", "decoder.upsamples." + at + ".time_conv", block + ".upsamplers.0.time_conv");
      at++;
    }
    return names;
  }

  /// What both halves have beside their levels.
  private static NameTable half(NameTable table, String half, String pointwise, String pointwiseOfDiffusers) {
    String middle = half + ".middle.";
    NameTable names = table.row(half + ".in", half + ".conv1", half + ".conv_in");
    names = unit(names, middle + "first", middle + "0", half + ".mid_block.resnets.0");
    String attention = half + ".mid_block.attentions.0";
    names = names.row(middle + "attention.norm", middle + "1.norm", attention + ".norm").row(middle + "attention.both", middle
        + "1.to_qkv", attention + ".to_qkv").row(middle + "attention.output", middle + "1.proj", attention + ".proj");
    names = unit(names, middle + "second", middle + "2", half + ".mid_block.resnets.1");
    return names.row(half + ".norm", half + ".head.0", half + ".norm_out").row(half + ".out", half + ".head.2", half
        + ".conv_out");
  }

  /// The third layer of a published unit and its sixth are the convolutions; SiLU and dropout are counted too.
  private static NameTable unit(NameTable names, String ours, String original, String diffusers) {
    return names.row(ours + ".firstNorm", original + ".residual.0", diffusers + ".norm1")
        .row(ours + ".first", original + ".residual.2", diffusers + ".conv1")
        .row(ours + ".secondNorm", original + ".residual.3", diffusers + ".norm2")
        .row(ours + ".second", original + ".residual.6", diffusers + ".conv2")
        .row(ours + ".shortcut", original + ".shortcut", diffusers + ".conv_shortcut");
  }

  /// Whether a file holds Wan's autoencoder, or a half of it, by the names of its tensors: tiny autoencoders have layers of such
  /// names nowhere.
  public static boolean isWanVae(TensorFile file) {
    return file.entries().keySet().stream().anyMatch(name -> WanVaeSizes.MARKS.stream().anyMatch(name::endsWith));
  }

  /// The sizes of the autoencoder in a file, read off its layers; one half is enough. The scale of the latents is in no file: it is
  /// that of Wan 2.1.
  ///
  /// @throws ModelFormatException if the layers are no such autoencoder, or have another number of latent channels
  public static WanVaeConfig infer(TensorFile file) throws ModelFormatException { return WanVaeSizes.of(file); }

  /// An autoencoder from a file, its sizes inferred.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such an autoencoder
  public static WanVae load(TensorFile file, Device device) throws ModelFormatException {
    return load(file, infer(file), device);
  }

  /// An autoencoder of known sizes from a file.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such an autoencoder
  public static WanVae load(TensorFile file, WanVaeConfig config, Device device) throws ModelFormatException {
    try (WanVae skeleton = WanVae.create(config, Initializer.shapes(device))) {
      return new WeightsReader(file, names(config)).load(skeleton, device);
    }
  }

  /// The encoder of a file; a decoder may be there too and is left alone.
  ///
  /// @throws ModelFormatException if the file's encoder is anything but exactly such a one
  public static WanVaeEncoder loadEncoder(TensorFile file, WanVaeConfig config, Device device) throws ModelFormatException {
    try (WanVaeEncoder skeleton = WanVaeEncoder.create(Initializer.shapes(device), config)) {
      return new WeightsReader(file, names(config)).part(ENCODER).load(skeleton, device);
    }
  }

  /// The decoder of a file; an encoder may be there too and is left alone.
  ///
  /// @throws ModelFormatException if the file's decoder is anything but exactly such a one
  public static WanVaeDecoder loadDecoder(TensorFile file, WanVaeConfig config, Device device) throws ModelFormatException {
    try (WanVaeDecoder skeleton = WanVaeDecoder.create(Initializer.shapes(device), config)) {
      return new WeightsReader(file, names(config)).part(DECODER).load(skeleton, device);
    }
  }

  /// How a file fits an autoencoder of known sizes.
  public static LoadReport compare(TensorFile file, WanVaeConfig config) {
    try (WanVae skeleton = WanVae.create(config, Initializer.shapes(Device.reference()))) {
      return new WeightsReader(file, names(config)).compare(skeleton);
    }
  }

  /// The autoencoder's parameters under the names of a checkpoint.
  ///
  /// @param naming [#ORIGINAL] or [#DIFFUSERS]
  public static SequencedMap<String, Tensor> named(WanVae vae, String naming) {
    return names(vae.config()).named(naming, vae);
  }
}
