package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LoadReport;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.NameTable;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.models.vae.TaeConfig.Level;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.Nearest;
import dev.raiju.tensor.io.TensorFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.LongStream;

/// Reads and writes the checkpoints of tiny autoencoders. Nothing else knows their names: the places of layers in two long lists,
/// layers without weights counted.
public final class TaeWeights {
  /// As the TAEHV project publishes them.
  public static final String ORIGINAL = "original";

  private static final int LARGEST = 1 << 24;
  private static final int IMAGE = TaeConfig.TAEW2_1.imageChannels();

  private TaeWeights() {}

  /// The table of names for a layer list.
  public static NameTable names(TaeConfig config) {
    NameTable names = decoderNames(config.decoder(), "decoder.").row("encoder.stem", "encoder.0");
    // a ReLU follows
    int at = 2;
    for (int i = 0; i < config.encoder().size(); i++) {
      names = names.row("encoder.levels." + i + ".pool", "encoder." + at++ + ".conv").row("encoder.levels." + i + ".shrink",
          "encoder." + at++);
      for (int k = 0; k < config.encoder().get(i).blocks(); k++) {
        names = block(names, "encoder.levels." + i + ".blocks." + k, "encoder." + at++);
      }
    }
    return names.row("encoder.out", "encoder." + at);
  }

  /// @param ours put before all of our names
  private static NameTable decoderNames(List<Level> levels, String ours) {
    // the soft clamp comes before, a ReLU after
    NameTable names = NameTable.of(ORIGINAL).row(ours + "in", "decoder.1");
    int at = 3;
    for (int i = 0; i < levels.size(); i++) {
      String level = ours + "levels." + i;
      for (int k = 0; k < levels.get(i).blocks(); k++) names = block(names, level + ".blocks." + k, "decoder." + at++);
      // height and width are doubled in between
      names = names.row(level + ".grow", "decoder." + (at + 1) + ".conv").row(level + ".blend", "decoder." + (at + 2));
      at += 3;
    }
    return names.row(ours + "out", "decoder." + (at + 1));
  }

  private static NameTable block(NameTable names, String ours, String theirs) {
    return names.row(ours + ".first", theirs + ".conv.0").row(ours + ".second", theirs + ".conv.2").row(ours + ".third", theirs
        + ".conv.4");
  }

  /// The sizes of the autoencoder in a file, read off its list of layers.
  ///
  /// @throws ModelFormatException if the layers are no such list
  public static TaeConfig infer(TensorFile file) throws ModelFormatException {
    Spec stem = weight(file, "encoder.0");
    List<Level> encoder = encoder(file);
    int latentChannels = size(weight(file, "encoder." + (2 + encoder.stream().mapToInt(level -> 2 + level.blocks()).sum())), 0);
    List<Level> decoder = decoder(file, TaeConfig.time(encoder));
    try {
      return new TaeConfig(IMAGE, patch(size(stem, 1)), latentChannels, size(stem, 0), encoder, decoder, size(out(file, decoder),
          1));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), String.valueOf(e.getMessage()));
    }
  }

  private static int patch(int pixelChannels) { return (int) Math.round(Math.sqrt((double) pixelChannels / IMAGE)); }

  private static List<Level> encoder(TensorFile file) throws ModelFormatException {
    List<Level> levels = new ArrayList<>();
    int at = 2;
    while (has(file, "encoder." + at + ".conv.weight")) {
      Spec pool = weight(file, "encoder." + at + ".conv");
      int blocks = blocks(file, "encoder.", at + 2);
      levels.add(level(file, size(weight(file, "encoder." + (at + 1)), 0), blocks, size(pool, 1) / Math.max(1, size(pool, 0))));
      at += 2 + blocks;
    }
    return levels;
  }

  /// @param time by how much frames may grow
  private static List<Level> decoder(TensorFile file, int time) throws ModelFormatException {
    List<Level> levels = new ArrayList<>();
    int at = 3;
    while (true) {
      int blocks = blocks(file, "decoder.", at);
      if (!has(file, "decoder." + (at + blocks + 1) + ".conv.weight")) break;
      Spec grow = weight(file, "decoder." + (at + blocks + 1) + ".conv");
      levels.add(level(file, size(grow, 1), blocks, size(grow, 0) / Math.max(1, size(grow, 1))));
      at += blocks + 3;
    }
    // trained to grow frames at every level: the first levels do not
    for (int i = 0; i < levels.size() && TaeConfig.time(levels) > time; i++) {
      levels.set(i, new Level(levels.get(i).width(), levels.get(i).blocks(), 1));
    }
    return levels;
  }

  private static Spec out(TensorFile file, List<Level> decoder) throws ModelFormatException {
    return weight(file, "decoder." + (4 + decoder.stream().mapToInt(level -> level.blocks() + 3).sum()));
  }

  private static Level level(TensorFile file, int width, int blocks, int time) throws ModelFormatException {
    try {
      return new Level(width, blocks, time);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), String.valueOf(e.getMessage()));
    }
  }

  private static int blocks(TensorFile file, String half, int at) {
    int blocks = 0;
    while (has(file, half + (at + blocks) + ".conv.0.weight")) blocks++;
    return blocks;
  }

  private static boolean has(TensorFile file, String name) { return file.entries().containsKey(name); }

  private static Spec weight(TensorFile file, String layer) throws ModelFormatException {
    String name = layer + ".weight";
    if (!has(file, name)) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, file.toString(), "missing " + name + new Nearest(name, file.entries()
          .keySet()));
    }
    Spec spec = file.spec(name);
    if (spec.rank() != 4 || LongStream.of(spec.shape().sizes()).anyMatch(size -> size > LARGEST)) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), name + ": shape " + spec.shape()
          + "; needs 4 axes of at most " + LARGEST);
    }
    return spec;
  }

  private static int size(Spec spec, int axis) { return Math.toIntExact(spec.size(axis)); }

  /// An autoencoder from a file, its sizes inferred.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such an autoencoder
  public static Tae load(TensorFile file, Device device) throws ModelFormatException { return load(file, infer(file), device); }

  /// An autoencoder of known sizes from a file. Where a level of the file makes more frames than wanted, those that it makes last
  /// are taken.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such an autoencoder
  public static Tae load(TensorFile file, TaeConfig config, Device device) throws ModelFormatException {
    try (Tae skeleton = Tae.create(config, Initializer.shapes(device))) {
      return reader(file, names(config), skeleton, "").load(skeleton, device);
    }
  }

  /// The decoder of a file, its sizes inferred; an encoder may be there too and is left alone.
  ///
  /// @throws ModelFormatException if the file's decoder is anything but exactly such a one
  public static TaeDecoder loadDecoder(TensorFile file, Device device) throws ModelFormatException {
    return loadDecoder(file, LatentStatistics.NONE, device);
  }

  /// The same for normalised latents.
  public static TaeDecoder loadDecoder(TensorFile file, LatentStatistics latents, Device device) throws ModelFormatException {
    boolean whole = has(file, "encoder.0.weight");
    List<Level> levels = decoder(file, whole ? TaeConfig.time(encoder(file)) : Integer.MAX_VALUE);
    Spec out = out(file, levels);
    int latentChannels = size(weight(file, "decoder.1"), 1);
    try (TaeDecoder skeleton = TaeDecoder.create(Initializer.shapes(device), patch(size(out, 0)), size(out, 0), latentChannels,
        levels, size(out, 1), latents)) {
      return reader(file, decoderNames(levels, ""), skeleton, "decoder.").load(skeleton, device);
    }
  }

  /// How a file fits an autoencoder of known sizes.
  public static LoadReport compare(TensorFile file, TaeConfig config) {
    try (Tae skeleton = Tae.create(config, Initializer.shapes(Device.reference()))) {
      return reader(file, names(config), skeleton, "").compare(skeleton);
    }
  }

  /// @param prefix of the tensors that matter
  private static WeightsReader reader(TensorFile file, NameTable names, Module<?> skeleton, String prefix) {
    Map<String, Shape> shapes = new HashMap<>();
    skeleton.parameters().forEach((name, t) -> {
      if (name.endsWith(".grow.weight")) shapes.put(names.theirs(ORIGINAL, name), t.shape());
    });
    return new WeightsReader(new LastRows(file, shapes, prefix), names);
  }

  /// The autoencoder's parameters under the names of a checkpoint.
  public static SequencedMap<String, Tensor> named(Tae tae) { return names(tae.config()).named(ORIGINAL, tae); }
}
