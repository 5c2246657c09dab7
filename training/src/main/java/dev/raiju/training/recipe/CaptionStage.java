package dev.raiju.training.recipe;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Example;
import dev.raiju.training.eval.SceneLabels;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Trains a text encoder to read before a transformer learns from it: the row of each word of an object must tell what the caption
/// says of that object, through one linear layer that is thrown away afterwards. Flow matching alone leaves an encoder that knows
/// which words there are and not which of them belong together, and clips of two shapes then mix their attributes.
final class CaptionStage extends LearnerStage {
  /// @param steps in all
  /// @param captions of each step
  /// @param learning how it learns
  record Config(long steps, int captions, Learning learning) {
    static Config read(Fields json) throws ModelFormatException {
      Config config = new Config(json.integer("steps"), json.integer("captions", 1, 1 << 16), Learning.read(json.object(
          "learning")));
      json.refuseUnknown();
      return config;
    }
  }

  /// What a caption says of an object, and whether it is the second.
  private static final int LABELS = SceneLabels.COUNT + 1;

  private final Umt5Encoder encoder;
  private final LinearLayer head;
  private final ClipStream stream;
  private final UnigramTokenizer tokenizer;
  private final int length;
  private final Config config;
  private final Device device;
  private final Learner learner;

  /// @param encoder is trained in place
  /// @param init of the linear layer
  /// @param length of a padded caption
  CaptionStage(Umt5Encoder encoder, Initializer init, ClipStream stream, UnigramTokenizer tokenizer, int length, Config config,
      Device device) {
    super("captions");
    this.encoder = encoder;
    this.head = LinearLayer.create(init, encoder.config().dim(), LABELS);
    this.stream = stream;
    this.tokenizer = tokenizer;
    this.length = length;
    this.config = config;
    this.device = device;
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    encoder.parameters().forEach((name, p) -> parameters.put(Learning.TEXT + name, p));
    head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
    this.learner = learner("captions", config.learning().learner(parameters, config.steps()));
  }

  @Override
  long steps() { return config.steps(); }

  @Override
  public Metrics step(long number) {
    try (Scope scope = Scope.open()) {
      List<Example> examples = new ArrayList<>();
      for (int i = 0; i < config.captions(); i++) examples.add(stream.at((number - 1) * config.captions() + i));
      TextBatch text = TextBatch.of(examples.stream().map(Example::text).toList(), tokenizer, length, device);
      Labels labels = labels(examples);
      Learner.Outcome outcome = learner.learn(() -> {
        Tensor scores = head.forward(encoder.forward(text.ids(), text.mask()));
        return LabelLoss.of(scores, labels.truths()).mul(labels.weights()).sum();
      });
      return Metrics.of(outcome, learner.rate());
    }
  }

  /// @param truths `[B, L, labels]`
  /// @param weights `[B, L, 1]`: 0 where a row is of no object, else such that they give the mean
  private record Labels(Tensor truths, Tensor weights) {}

  private Labels labels(List<Example> examples) {
    int rows = examples.size() * length;
    float[] truths = new float[rows * LABELS];
    float[] weights = new float[rows];
    int marked = 0;
    for (int i = 0; i < examples.size(); i++) {
      Example example = examples.get(i);
      List<String> phrases = example.phrases();
      for (int object = 0; object < phrases.size(); object++) {
        float[] said = SceneLabels.of(example.caption(), object);
        String phrase = phrases.get(object);
        int end = object == 0 ? pieces(phrase) : pieces(example.text());
        for (int at = end - pieces(phrase); at < end; at++, marked++) {
          int row = i * length + at;
          System.arraycopy(said, 0, truths, row * LABELS, said.length);
          truths[row * LABELS + said.length] = object;
          weights[row] = 1;
        }
      }
    }
    for (int row = 0; row < rows; row++) weights[row] /= marked * (float) LABELS;
    return new Labels(Tensor.of(Spec.of(DType.F32, examples.size(), length, LABELS), MemorySegment.ofArray(truths), device),
        Tensor.of(Spec.of(DType.F32, examples.size(), length, 1), MemorySegment.ofArray(weights), device));
  }

  /// How many ids a text has before its end token. No piece goes over a space, so that texts are encoded word by word.
  private int pieces(String text) { return tokenizer.encode(text, length).length() - 1; }

  /// Gives the encoder the averaged parameters.
  void finish() {
    Map<String, Tensor> averages = new LinkedHashMap<>();
    learner.averages().forEach((name, t) -> {
      if (name.startsWith(Learning.TEXT)) averages.put(name.substring(Learning.TEXT.length()), t);
    });
    encoder.load(averages);
  }

  @Override
  public void close() {
    super.close();
    head.close();
  }
}
