package dev.raiju.kernels.cpu.emit;

/// Writes the softmax of attention and its gradient for AVX-512: scores `[keys, width]`, a query in each lane, one or two vectors
/// of queries; see [dev.raiju.kernels.cpu.products.MicroKernels#softmax].
///
/// | vector registers | hold |
/// |---|---|
/// | 0 to 3 | a score and its exponential, for each vector of queries |
/// | 4, 5 | what exponentials work with |
/// | 6, 7 | exponentials of the key before, where keys come in pairs |
/// | 8 to 13 | what belongs to the queries |
/// | 14, 15 | the factor of scores, and how halves of pairs are brought together |
/// | the last ones | constants of the exponential |
final class ScoreEmitter {
  private static final int LINE = 64;
  private static final Zmm SCALE = new Zmm(14);
  private static final Zmm PLACES = new Zmm(15);
  private static final Zmm LEAST = new Zmm(16);

  private final Assembler a;
  private final int vectors;
  private final Exponential exponential;

  private ScoreEmitter(Assembler a, int vectors) {
    this.a = a;
    this.vectors = vectors;
    this.exponential = new Exponential(a);
  }

  /// `f(s, sBytes, max, sum, factor, constants, keys, scale, least)`: the softmax, in place.
  ///
  /// @param vectors of a row of scores, 1 or 2
  static void softmax(Assembler a, int vectors) {
    ScoreEmitter e = new ScoreEmitter(a, vectors);
    e.beginSoftmax();
    a.mov(Gp.R10, Memory.at(Gp.RSP, 8));
    Label next = e.loop();
    e.exponentials();
    for (int v = 0; v < vectors; v++) a.vmovups(e.at(Gp.RDI, v), e.exponential(v));
    a.add(Gp.RDI, Gp.RSI);
    e.repeat(next);
    e.endSoftmax();
  }

  /// `f(s, sBytes, max, sum, factor, constants, keys, scale, least, pairs, odd, places)`: the softmax; exponentials become pairs of
  /// bf16, two keys in a word, in every row of the first half.
  static void softmaxPairs(Assembler a, int vectors) {
    ScoreEmitter e = new ScoreEmitter(a, vectors);
    e.beginSoftmax();
    a.mov(Gp.RAX, Memory.at(Gp.RSP, 48));
    a.vmovups(PLACES, Memory.at(Gp.RAX));
    Label odd = new Label();
    Label done = new Label();
    // a pair is written where its keys were read before, or earlier
    a.mov(Gp.R11, Gp.RDI);
    a.mov(Gp.R10, Memory.at(Gp.RSP, 32));
    a.test(Gp.R10);
    a.jumpIfZero(odd);
    Label next = e.loop();
    e.exponentials();
    for (int v = 0; v < vectors; v++) a.vmovaps(e.before(v), e.exponential(v));
    a.add(Gp.RDI, Gp.RSI);
    e.exponentials();
    a.add(Gp.RDI, Gp.RSI);
    e.storePairs(Gp.RSI);
    e.repeat(next);
    a.bind(odd);
    a.mov(Gp.R10, Memory.at(Gp.RSP, 40));
    a.test(Gp.R10);
    a.jumpIfZero(done);
    e.exponentials();
    for (int v = 0; v < vectors; v++) {
      a.vmovaps(e.before(v), e.exponential(v));
      a.vpxord(e.exponential(v), e.exponential(v), e.exponential(v));
    }
    e.storePairs(Gp.RSI);
    a.bind(done);
    e.endSoftmax();
  }

  /// `f(s, d, bytes, logSumExp, delta, constants, keys, scale)`: probabilities in place of scores, and their gradients in place.
  static void gradients(Assembler a, int vectors) {
    ScoreEmitter e = new ScoreEmitter(a, vectors);
    e.exponential.begin(Gp.R9);
    a.vbroadcastss(SCALE, Memory.at(Gp.RSP, 16));
    for (int v = 0; v < vectors; v++) {
      a.vmovups(e.shift(v), e.at(Gp.RCX, v));
      a.vmovups(e.sum(v), e.at(Gp.R8, v));
    }
    a.mov(Gp.R10, Memory.at(Gp.RSP, 8));
    Label next = e.loop();
    e.gradient();
    for (int v = 0; v < vectors; v++) {
      a.vmovups(e.at(Gp.RDI, v), e.exponential(v));
      a.vmovups(e.at(Gp.RSI, v), e.score(v));
    }
    a.add(Gp.RDI, Gp.RDX);
    a.add(Gp.RSI, Gp.RDX);
    e.repeat(next);
    a.vzeroupper();
    a.ret();
  }

  /// `f(s, d, bytes, logSumExp, delta, constants, pLines, scale, dLines, pairs, odd, places)`: probabilities as bf16, a line of 64
  /// bytes for each key, their gradients likewise, and those once more as pairs, two keys in a word, in every row of the first
  /// half of `d`. Lines of probabilities may be where the scores are.
  static void gradientPairs(Assembler a) {
    ScoreEmitter e = new ScoreEmitter(a, 2);
    a.push(Gp.RBX);
    e.exponential.begin(Gp.R9);
    a.vbroadcastss(SCALE, Memory.at(Gp.RSP, 24));
    a.mov(Gp.RAX, Memory.at(Gp.RSP, 56));
    a.vmovups(PLACES, Memory.at(Gp.RAX));
    for (int v = 0; v < 2; v++) {
      a.vmovups(e.shift(v), e.at(Gp.RCX, v));
      a.vmovups(e.sum(v), e.at(Gp.R8, v));
    }
    a.mov(Gp.RAX, Memory.at(Gp.RSP, 16));
    a.mov(Gp.RBX, Memory.at(Gp.RSP, 32));
    a.mov(Gp.R11, Gp.RSI);
    a.mov(Gp.R10, Memory.at(Gp.RSP, 40));
    Label odd = new Label();
    Label done = new Label();
    a.test(Gp.R10);
    a.jumpIfZero(odd);
    Label next = e.loop();
    e.gradientLine();
    for (int v = 0; v < 2; v++) a.vmovaps(e.before(v), e.score(v));
    e.gradientLine();
    for (int v = 0; v < 2; v++) a.vmovaps(e.exponential(v), e.score(v));
    e.storePairs(Gp.RDX);
    e.repeat(next);
    a.bind(odd);
    a.mov(Gp.R10, Memory.at(Gp.RSP, 48));
    a.test(Gp.R10);
    a.jumpIfZero(done);
    e.gradientLine();
    for (int v = 0; v < 2; v++) {
      a.vmovaps(e.before(v), e.score(v));
      a.vpxord(e.exponential(v), e.exponential(v), e.exponential(v));
    }
    e.storePairs(Gp.RDX);
    a.bind(done);
    a.vzeroupper();
    a.pop(Gp.RBX);
    a.ret();
  }

  // ---- registers

  private Zmm score(int v) { return new Zmm(v); }

  private Zmm exponential(int v) { return new Zmm(2 + v); }

  private Zmm before(int v) { return new Zmm(6 + v); }

  private Zmm max(int v) { return new Zmm(8 + v); }

  private Zmm shift(int v) { return new Zmm(10 + v); }

  private Zmm sum(int v) { return new Zmm(12 + v); }

  private Memory at(Gp row, int v) { return Memory.at(row, LINE * v); }

  // ---- loops over keys, counted in r10

  private Label loop() {
    Label next = new Label();
    a.align(LINE);
    a.bind(next);
    return next;
  }

  private void repeat(Label next) {
    a.dec(Gp.R10);
    a.jumpIfNotZero(next);
  }

  // ---- softmax

  /// Finds the maxima, and what they change.
  private void beginSoftmax() {
    exponential.begin(Gp.R9);
    a.vbroadcastss(SCALE, Memory.at(Gp.RSP, 16));
    a.vbroadcastss(LEAST, Memory.at(Gp.RSP, 24));
    for (int v = 0; v < vectors; v++) a.vmovups(max(v), at(Gp.RDX, v));
    a.mov(Gp.RAX, Gp.RDI);
    a.mov(Gp.R10, Memory.at(Gp.RSP, 8));
    Label next = loop();
    for (int v = 0; v < vectors; v++) {
      a.vmulps(score(v), SCALE, at(Gp.RAX, v));
      a.vmaxps(max(v), score(v), max(v));
    }
    a.add(Gp.RAX, Gp.RSI);
    repeat(next);
    for (int v = 0; v < vectors; v++) {
      // something finite is subtracted, so that exponentials of -∞ are 0 where all is -∞
      a.vmaxps(shift(v), max(v), LEAST);
      a.vmovups(score(v), at(Gp.RDX, v));
      a.vsubps(score(v), score(v), shift(v));
      exponential.write(exponential(v), score(v), new Zmm(4 + v));
      a.vmovups(at(Gp.R8, v), exponential(v));
      a.vmulps(sum(v), exponential(v), at(Gp.RCX, v));
      a.vmovups(at(Gp.RDX, v), max(v));
    }
  }

  private void endSoftmax() {
    for (int v = 0; v < vectors; v++) a.vmovups(at(Gp.RCX, v), sum(v));
    a.vzeroupper();
    a.ret();
  }

  /// Exponentials of the key at `rdi`, and their sums.
  private void exponentials() {
    for (int v = 0; v < vectors; v++) {
      a.vmulps(score(v), SCALE, at(Gp.RDI, v));
      a.vsubps(score(v), score(v), shift(v));
      exponential.write(exponential(v), score(v), new Zmm(4 + v));
      a.vaddps(sum(v), sum(v), exponential(v));
    }
  }

  /// Stores the numbers of two keys, rounded, side by side in each lane, at `r11`.
  ///
  /// @param row holds the bytes to the next row of pairs
  private void storePairs(Gp row) {
    for (int v = 0; v < vectors; v++) {
      a.vcvtne2ps2bf16(exponential(v), exponential(v), before(v));
      a.vpermw(exponential(v), PLACES, exponential(v));
      a.vmovups(at(Gp.R11, v), exponential(v));
    }
    a.add(Gp.R11, row);
  }

  // ---- gradients

  /// The probabilities of the key at `rdi`, and their gradients in place of its scores.
  private void gradient() {
    for (int v = 0; v < vectors; v++) {
      a.vmulps(score(v), SCALE, at(Gp.RDI, v));
      a.vsubps(score(v), score(v), shift(v));
      exponential.write(exponential(v), score(v), new Zmm(4 + v));
      a.vmovups(score(v), at(Gp.RSI, v));
      a.vsubps(score(v), score(v), sum(v));
      a.vmulps(score(v), score(v), exponential(v));
    }
  }

  /// Those of one key as a line of bf16 each; goes on to the next key.
  private void gradientLine() {
    gradient();
    a.vcvtne2ps2bf16(exponential(0), exponential(1), exponential(0));
    a.vmovups(Memory.at(Gp.RAX), exponential(0));
    a.vcvtne2ps2bf16(exponential(0), score(1), score(0));
    a.vmovups(Memory.at(Gp.RBX), exponential(0));
    a.add(Gp.RAX, LINE);
    a.add(Gp.RBX, LINE);
    a.add(Gp.RDI, Gp.RDX);
    a.add(Gp.RSI, Gp.RDX);
  }
}
