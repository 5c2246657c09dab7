package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.training.data.Shuffle;
import dev.raiju.training.distill.FlowLoss;
import dev.raiju.training.flow.NoiseLevels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// The batches of flow matching: latents, noise, noise levels and captions, all from the number of the step. Most batches are
/// clips; every so often one is pictures.
final class Batches {
  /// @param clips of a batch
  /// @param picturesEvery how often a batch is pictures, 0 for never
  /// @param pictures of a batch
  /// @param textDrop the part of captions that are left out, for guidance
  /// @param levels of noise
  record Config(int clips, int picturesEvery, int pictures, double textDrop, NoiseLevels levels) {
    static Config read(Fields json) throws ModelFormatException {
      Config config = new Config(json.integer("clips", 1, 1 << 16), Math.toIntExact(json.integer("pictures_every", 0)),
          Math.toIntExact(json.integer("pictures", 1)), json.number("text_drop", 0.1), levels(json.object("noise")));
      json.refuseUnknown();
      return config;
    }

    static NoiseLevels levels(Fields json) throws ModelFormatException {
      String name = json.string("distribution");
      NoiseLevels.Distribution distribution = switch (name) {
        case "uniform" -> NoiseLevels.Distribution.UNIFORM;
        case "logit-normal" -> NoiseLevels.Distribution.LOGIT_NORMAL;
        default -> throw json.refuse("distribution", "is " + name + "; needs uniform or logit-normal");
      };
      NoiseLevels levels = new NoiseLevels(distribution, json.number("shift", 1), json.number("least", 0), json.number("most",
          1));
      json.refuseUnknown();
      return levels;
    }
  }

  private final Config config;
  private final LatentCache latents;
  private final UnigramTokenizer tokenizer;
  private final int textLength;
  private final Shuffle clips;
  private final Shuffle pictures;
  private final Rng seed;
  private final Device device;

  Batches(Config config, LatentCache latents, UnigramTokenizer tokenizer, int textLength, Rng seed, Device device) {
    this.config = config;
    this.latents = latents;
    this.tokenizer = tokenizer;
    this.textLength = textLength;
    this.clips = Shuffle.of(latents.clips().size(), seed.seed());
    this.pictures = Shuffle.of(latents.pictures().size(), seed.seed() + 1);
    this.seed = seed;
    this.device = device;
  }

  /// What a step learns from.
  ///
  /// @param clean the latents
  /// @param noise of the same shape
  /// @param sigma `[B]`
  /// @param text the captions
  record Batch(Tensor clean, Tensor noise, Tensor sigma, TextBatch text) {
    Tensor flowLoss(WanTransformer transformer, Tensor context) {
      return FlowLoss.of(transformer::forward, clean, noise, sigma, context);
    }
  }

  /// The batch of a step, counted from 1.
  Batch at(long number) {
    long pictureBatches = config.picturesEvery() == 0 ? 0 : (number - 1) / config.picturesEvery();
    boolean picture = config.picturesEvery() > 0 && number % config.picturesEvery() == 0;
    LatentCache.Part part = picture ? latents.pictures() : latents.clips();
    int count = picture ? config.pictures() : config.clips();
    long first = picture ? pictureBatches * count : (number - 1 - pictureBatches) * count;
    int[] rows = new int[count];
    for (int i = 0; i < count; i++) rows[i] = (picture ? pictures : clips).at(first + i);
    Rng rng = Rng.of(seed.seed()).stream(seed.stream() + number);
    Tensor clean = part.rows(rows);
    Tensor noise = rng.draw(RandomDraw.Distribution.NORMAL, DType.F32, clean.shape(), device);
    Tensor sigma = Tensor.of(config.levels().draw(rng, count), count).to(device);
    List<String> captions = new ArrayList<>(part.captions(rows));
    captions.replaceAll(caption -> rng.nextUniform() < config.textDrop() ? "" : caption);
    return new Batch(clean, noise, sigma, TextBatch.of(captions, tokenizer, textLength, device));
  }

  /// Random numbers for one purpose of one step.
  Rng random(String purpose, long number) {
    long places = 1L << 8;
    Rng own = seed.stream(purpose);
    return Rng.of(own.seed()).stream(own.stream() + number * places);
  }

  /// Captions of nothing: what guidance leads away from.
  TextBatch empty(int count) { return TextBatch.of(Collections.nCopies(count, ""), tokenizer, textLength, device); }
}
