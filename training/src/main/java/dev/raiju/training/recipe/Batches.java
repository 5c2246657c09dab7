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
import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.Shuffle;
import dev.raiju.training.distill.FlowLoss;
import dev.raiju.training.flow.NoiseLevels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// The batches of flow matching: latents, noise, noise levels and captions, all from the number of the step. Most batches are
/// clips, with the same number of every kind in each; every so often one is pictures.
final class Batches {
  /// How many clips of each kind are in a batch, in the order of their kinds.
  record Clips(int oneShape, int twoShapes, int digits) {
    private static final List<ClipKind> KINDS = List.of(ClipKind.ONE_SHAPE, ClipKind.TWO_SHAPES, ClipKind.DIGIT);

    /// `"own": n` stands for clips of one's own, which are all of one kind.
    static Clips read(Fields json) throws ModelFormatException {
      if (json.has("own")) {
        Clips own = new Clips(json.integer("own", 1, MOST), 0, 0);
        json.refuseUnknown();
        return own;
      }
      Clips clips = new Clips(json.integer("one_shape", 0, MOST), json.integer("two_shapes", 0, MOST), json.integer("digits", 0,
          MOST));
      if (clips.count() == 0) throw json.refuse("one_shape", "and all other kinds are 0; needs clips of some kind");
      json.refuseUnknown();
      return clips;
    }

    int count() { return oneShape + twoShapes + digits; }

    private int of(ClipKind kind) {
      return switch (kind) {
        case ONE_SHAPE -> oneShape;
        case TWO_SHAPES -> twoShapes;
        case DIGIT -> digits;
        case PICTURE -> 0;
      };
    }
  }

  /// What batches of clips become after a number of steps.
  ///
  /// @param from the first step that they are made so at
  /// @param clips of a batch
  /// @param levels of noise
  record Late(long from, Clips clips, NoiseLevels levels) {
    static Late read(Fields json) throws ModelFormatException {
      Late late = new Late(json.integer("from"), Clips.read(json.object("clips")), Config.levels(json.object("noise")));
      json.refuseUnknown();
      return late;
    }
  }

  /// @param clips of a batch
  /// @param picturesEvery how often a batch is pictures, 0 for never
  /// @param pictures of a batch
  /// @param textDrop the part of captions that are left out, for guidance
  /// @param wordDrop what the others lose
  /// @param levels of noise
  /// @param late what changes on the way, if anything does
  record Config(Clips clips, int picturesEvery, int pictures, double textDrop, WordDrop wordDrop, NoiseLevels levels,
      Optional<Late> late) {
    static Config read(Fields json) throws ModelFormatException {
      Config config = new Config(Clips.read(json.object("clips")), Math.toIntExact(json.integer("pictures_every", 0)),
          Math.toIntExact(json.integer("pictures", 1)), json.number("text_drop", 0.1), wordDrop(json), levels(json.object(
              "noise")), late(json));
      json.refuseUnknown();
      return config;
    }

    /// Clips with all that is said of them, at noise levels of the whole range: what scores are made from.
    static Config spread(Clips clips) {
      NoiseLevels levels = new NoiseLevels(NoiseLevels.Distribution.UNIFORM, 1, 0.02, 0.98);
      return new Config(clips, 0, 1, 0, WordDrop.NONE, levels, Optional.empty());
    }

    private static WordDrop wordDrop(Fields json) throws ModelFormatException {
      Optional<Fields> drop = json.optionalObject("word_drop");
      return drop.isPresent() ? WordDrop.read(drop.get()) : WordDrop.NONE;
    }

    private static Optional<Late> late(Fields json) throws ModelFormatException {
      Optional<Fields> late = json.optionalObject("late");
      return late.isPresent() ? Optional.of(Late.read(late.get())) : Optional.empty();
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

  /// The latents of one kind, in an endless order.
  private record Kind(int[] rows, Shuffle order, int inBatch) {
    int row(long position) { return rows[order.at(position)]; }
  }

  /// How batches are made for some of the steps.
  private record Phase(List<Kind> clips, NoiseLevels levels) {}

  private static final int MOST = 1 << 16;

  private final Config config;
  private final LatentCache latents;
  private final UnigramTokenizer tokenizer;
  private final int textLength;
  private final Phase first;
  private final Phase then;
  private final Kind pictures;
  private final Rng seed;
  private final Device device;

  Batches(Config config, LatentCache latents, UnigramTokenizer tokenizer, int textLength, Rng seed, Device device) {
    this.config = config;
    this.latents = latents;
    this.tokenizer = tokenizer;
    this.textLength = textLength;
    this.first = phase(config.clips(), config.levels(), latents, seed);
    this.then = config.late().map(late -> phase(late.clips(), late.levels(), latents, seed)).orElse(first);
    this.pictures = kind(latents.pictures(), ClipKind.PICTURE, seed, config.pictures());
    this.seed = seed;
    this.device = device;
  }

  private static Phase phase(Clips clips, NoiseLevels levels, LatentCache latents, Rng seed) {
    List<Kind> kinds = Clips.KINDS.stream().filter(kind -> clips.of(kind) > 0).map(kind -> kind(latents.clips(), kind, seed, clips
        .of(kind))).toList();
    return new Phase(kinds, levels);
  }

  private static Kind kind(LatentCache.Part part, ClipKind kind, Rng seed, int inBatch) {
    int[] rows = part.rows(kind);
    if (rows.length == 0)
      throw new IllegalArgumentException("batches: " + inBatch + " of kind " + kind.words()
          + " in each, but none are in the data");
    return new Kind(rows, Shuffle.of(rows.length, seed.seed() + kind.ordinal()), inBatch);
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
    boolean picture = config.picturesEvery() > 0 && number % config.picturesEvery() == 0;
    long pictureBatches = config.picturesEvery() == 0 ? 0 : (number - 1) / config.picturesEvery();
    LatentCache.Part part = picture ? latents.pictures() : latents.clips();
    Phase phase = config.late().isPresent() && number >= config.late().get().from() ? then : first;
    int[] rows = picture ? rows(List.of(pictures), pictureBatches) : rows(phase.clips(), number - 1 - pictureBatches);
    Rng rng = Rng.of(seed.seed()).stream(seed.stream() + number);
    Tensor clean = part.rows(rows);
    Tensor noise = rng.draw(RandomDraw.Distribution.NORMAL, DType.F32, clean.shape(), device);
    Tensor sigma = Tensor.of(phase.levels().draw(rng, rows.length), rows.length).to(device);
    List<String> captions = new ArrayList<>(part.captions(rows));
    captions.replaceAll(caption -> rng.nextUniform() < config.textDrop() ? "" : config.wordDrop().of(caption, rng));
    return new Batch(clean, noise, sigma, TextBatch.of(captions, tokenizer, textLength, device));
  }

  /// The rows of a batch, counted from 0.
  private static int[] rows(List<Kind> kinds, long batch) {
    return kinds.stream().flatMapToInt(kind -> IntStream.range(0, kind.inBatch()).map(i -> kind.row(batch * kind.inBatch() + i)))
        .toArray();
  }

  /// Where the batches are.
  Device device() { return device; }

  /// Random numbers for one purpose of one step.
  Rng random(String purpose, long number) {
    long places = 1L << 8;
    Rng own = seed.stream(purpose);
    return Rng.of(own.seed()).stream(own.stream() + number * places);
  }

  /// Captions of nothing: what guidance leads away from.
  TextBatch empty(int count) { return TextBatch.of(Collections.nCopies(count, ""), tokenizer, textLength, device); }
}
