package dev.raiju.training.data;

import dev.raiju.models.text.Normalization;
import dev.raiju.models.text.SentencePieceModel;
import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.training.data.SeedPieces.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Trains the vocabulary of a [dev.raiju.models.text.UnigramTokenizer] on a corpus: begins with many substrings, fits their
/// probabilities by expectation and maximisation, and prunes. The same lines, in any order, give the same model on any machine.
/// Kudo 2018, arXiv:1804.10959.
///
/// ```java
/// SentencePieceModel model = UnigramTrainer.of(800).folding(TextFolding.LOWER_CASE).train(captions);
/// model.write(Path.of("spiece.model"));
/// ```
///
/// @param vocabularySize ids at most, those of special and byte pieces included; a corpus with little variety gives fewer
/// @param characterCoverage which part of the corpus the characters with pieces of their own make up; rarer ones are unknown
/// @param closed whether only whole words and signs of the corpus become pieces, so that every other word is unknown
/// @param byteFallback whether what is unknown is spelled by its bytes, which take 256 ids
/// @param folding what is taken for the same
/// @param specialIds which ids stand for padding, end, begin and unknown
public record UnigramTrainer(int vocabularySize, double characterCoverage, boolean closed, boolean byteFallback,
    TextFolding folding, SpecialIds specialIds) {

  private static final int LEAST_SEEDS = 10_000;
  private static final int SEEDS_PER_PIECE = 20;
  // of expectation and maximisation before each pruning
  private static final int STEPS_PER_ROUND = 2;
  // of the pieces, in one round of pruning
  private static final double KEPT = 0.75;

  /// A trainer for `vocabularySize` ids that covers every character, knows no bytes, folds nothing, and has UMT5's special ids: pad 0,
  /// end 1, begin 2, unknown 3.
  public static UnigramTrainer of(int vocabularySize) {
    return new UnigramTrainer(vocabularySize, 1, false, false, TextFolding.IDENTITY, new SpecialIds(0, 1, 2, 3));
  }

  public UnigramTrainer {
    if (!(characterCoverage > 0 && characterCoverage <= 1)) {
      throw new IllegalArgumentException("tokenizer: character coverage " + characterCoverage + "; needs more than 0, at most 1");
    }
    int[] ids = IntStream.of(specialIds.unknown(), specialIds.pad(), specialIds.end(), specialIds.begin()).filter(id -> id != -1)
        .sorted().toArray();
    if (specialIds.unknown() == -1 || !Arrays.equals(ids, IntStream.range(0, ids.length).toArray())) {
      throw new IllegalArgumentException("tokenizer: " + specialIds
          + "; needs the first ids, each once, or -1 for none but unknown");
    }
  }

  public UnigramTrainer characterCoverage(double part) {
    return new UnigramTrainer(vocabularySize, part, closed, byteFallback, folding, specialIds);
  }

  public UnigramTrainer closed(boolean wholeWordsOnly) {
    return new UnigramTrainer(vocabularySize, characterCoverage, wholeWordsOnly, byteFallback, folding, specialIds);
  }

  public UnigramTrainer byteFallback(boolean bytes) {
    return new UnigramTrainer(vocabularySize, characterCoverage, closed, bytes, folding, specialIds);
  }

  public UnigramTrainer folding(TextFolding equal) {
    return new UnigramTrainer(vocabularySize, characterCoverage, closed, byteFallback, equal, specialIds);
  }

  public UnigramTrainer specialIds(SpecialIds ids) {
    return new UnigramTrainer(vocabularySize, characterCoverage, closed, byteFallback, folding, ids);
  }

  /// The model of a corpus.
  ///
  /// @param lines of text, such as captions
  /// @throws IllegalArgumentException if the vocabulary has no place for the special pieces, the bytes and the characters
  public SentencePieceModel train(Iterable<String> lines) {
    Normalization rules = folding.normalization();
    Corpus corpus = Corpus.of(lines, rules);
    if (corpus.chunks().isEmpty()) throw new IllegalArgumentException("tokenizer: the corpus has no text");
    SortedMap<Integer, Piece> special = special();
    int room = vocabularySize - special.size() - (byteFallback ? 256 : 0);
    List<Piece> pieces = new ArrayList<>(special.values());
    if (byteFallback) IntStream.range(0, 256).mapToObj(Piece::ofByte).forEach(pieces::add);
    pieces.addAll(closed ? words(corpus, room) : unigrams(corpus, room));
    return SentencePieceModel.of(pieces, specialIds, rules);
  }

  private List<Piece> unigrams(Corpus corpus, int room) {
    Set<Integer> characters = corpus.frequentCharacters(characterCoverage);
    requireRoom(room, characters.size(), "characters");
    Corpus covered = corpus.of(characters);
    List<Seed> seeds = SeedPieces.of(covered, characters, Math.max(LEAST_SEEDS, SEEDS_PER_PIECE * room));
    UnigramTraining training = new UnigramTraining(covered, seeds, characters.size());
    do {
      steps(training);
      training.prune(Math.max(room, (int) (KEPT * training.size())));
    } while (training.size() > room);
    steps(training);
    return training.result().stream().map(UnigramTrainer::piece).toList();
  }

  private static void steps(UnigramTraining training) {
    for (int i = 0; i < STEPS_PER_ROUND; i++) training.step();
  }

  private static List<Piece> words(Corpus corpus, int room) {
    requireRoom(room, 1, "words");
    double sum = corpus.chunks().values().stream().mapToLong(Long::longValue).sum();
    return corpus.chunks().entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey())).limit(room)
        .map(chunk -> piece(Map.entry(chunk.getKey(), StrictMath.log(chunk.getValue() / sum)))).toList();
  }

  private static Piece piece(Map.Entry<String, Double> scored) {
    return new Piece(scored.getKey(), scored.getValue().floatValue(), Kind.NORMAL);
  }

  private static void requireRoom(int room, int needed, String what) {
    if (room < needed) {
      throw new IllegalArgumentException("tokenizer: vocabulary too small: %d ids left for %d %s; needs %d more"
          .formatted(room, needed, what, needed - room));
    }
  }

  private SortedMap<Integer, Piece> special() {
    SortedMap<Integer, Piece> special = new TreeMap<>();
    special.put(specialIds.unknown(), new Piece("<unk>", 0, Kind.UNKNOWN));
    special.put(specialIds.pad(), new Piece("<pad>", 0, Kind.CONTROL));
    special.put(specialIds.end(), new Piece("</s>", 0, Kind.CONTROL));
    special.put(specialIds.begin(), new Piece("<s>", 0, Kind.CONTROL));
    special.remove(-1);
    return special;
  }
}
