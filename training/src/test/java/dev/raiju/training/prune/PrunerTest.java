package dev.raiju.training.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfig.BlockSizes;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.training.prune.SmallTransformers.Inputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrunerTest {
  private static final WanConfig CONFIG = SmallTransformers.CONFIG;
  private static final int HEAD = CONFIG.headWidth();

  @TempDir
  Path folder = Path.of("");

  private static List<Integer> some(Random random, int count, int of) {
    List<Integer> all = new ArrayList<>(IntStream.range(0, of).boxed().toList());
    Collections.shuffle(all, random);
    return all.subList(0, count);
  }

  private static Kept kept(Random random, int heads, int neurons) {
    return new Kept(IntStream.range(0, CONFIG.layers()).mapToObj(_ -> new Kept.Block(some(random, heads, CONFIG.heads()), some(
        random, heads, CONFIG.heads()), some(random, neurons, CONFIG.ffn()))).toList());
  }

  private static void assertSameVelocity(WanTransformer expected, WanTransformer actual) {
    Inputs in = Inputs.random(11);
    assertArrayEquals(in.velocity(expected).toDoubles(), in.velocity(actual).toDoubles(), 1e-9);
  }

  /// Heads and neurons are sets: in another order, but all there, they compute the same.
  @Property(tries = 10)
  void theOrderOfHeadsAndNeuronsDoesNotMatter(@ForAll long seed) {
    try (Scope scope = Scope.open();
        WanTransformer teacher = SmallTransformers.random(seed);
        WanTransformer student = Pruner.prune(teacher, kept(new Random(seed), CONFIG.heads(), CONFIG.ffn()))) {
      assertEquals(CONFIG, student.config());
      assertSameVelocity(teacher, student);
    }
  }

  /// Heads that differ in values and gains alone have one mean square, with or without those whose output nobody reads.
  @Property(tries = 10)
  void whatHasNoEffectIsNotMissed(@ForAll long seed) {
    Kept kept = kept(new Random(seed), 2, 4);
    try (Scope scope = Scope.open();
        WanTransformer whole = SmallTransformers.random(seed);
        WanTransformer teacher = SmallTransformers.changed(whole, (name, t) -> muted(name, t, kept));
        WanTransformer student = Pruner.prune(teacher, kept)) {
      assertEquals(CONFIG.withHeads(2).withFfn(4), student.config());
      assertTrue(student.parameterCount() < teacher.parameterCount());
      assertSameVelocity(teacher, student);
    }
  }

  private static Tensor muted(String name, Tensor t, Kept kept) {
    String[] path = name.split("\\.");
    if (path.length < 5 || !path[0].equals("blocks")) return t;
    Kept.Block block = kept.blocks().get(Integer.parseInt(path[1]));
    List<Integer> heads = path[2].equals("selfAttention") ? block.selfHeads() : block.crossHeads();
    return switch (path[3] + "." + path[4]) {
      case "query.weight", "key.weight", "query.bias", "key.bias" -> Tensor.concat(0, Collections.nCopies(CONFIG.heads(), t.slice(
          0,
          0, HEAD)).toArray(Tensor[]::new));
      case "output.weight" -> onlyColumns(t, c -> heads.contains(c / HEAD));
      case "down.weight" -> onlyColumns(t, block.neurons()::contains);
      default -> t;
    };
  }

  private static Tensor onlyColumns(Tensor t, java.util.function.IntPredicate kept) {
    int columns = (int) t.size(1);
    double[] mask = IntStream.range(0, columns).mapToDouble(c -> kept.test(c) ? 1 : 0).toArray();
    return t.mul(Tensor.of(mask, columns));
  }

  @Test
  void takesRowsGainsAndColumns() {
    Kept kept = new Kept(List.of(new Kept.Block(List.of(2, 0), List.of(1, 2), List.of(6, 1, 3)), new Kept.Block(List.of(0, 1),
        List
            .of(0, 2), List.of(0, 2, 4))));
    try (Scope scope = Scope.open();
        WanTransformer teacher = SmallTransformers.random(3);
        WanTransformer student = Pruner.prune(teacher, kept)) {
      Map<String, Tensor> whole = teacher.parameters();
      Map<String, Tensor> left = student.parameters();
      assertEquals(List.copyOf(whole.keySet()), List.copyOf(left.keySet()));
      int[] self = channels(2, 0);
      for (String part : List.of("query", "key", "value")) {
        String name = "blocks.0.selfAttention." + part;
        assertRows(whole.get(name + ".weight"), left.get(name + ".weight"), self);
        assertRows(whole.get(name + ".bias"), left.get(name + ".bias"), self);
      }
      assertRows(whole.get("blocks.0.selfAttention.queryNorm.weight"), left.get("blocks.0.selfAttention.queryNorm.weight"), self);
      assertRows(whole.get("blocks.0.selfAttention.keyNorm.weight"), left.get("blocks.0.selfAttention.keyNorm.weight"), self);
      assertColumns(whole.get("blocks.0.selfAttention.output.weight"), left.get("blocks.0.selfAttention.output.weight"), self);
      assertColumns(whole.get("blocks.1.crossAttention.output.weight"), left.get("blocks.1.crossAttention.output.weight"),
          channels(
              0, 2));
      assertRows(whole.get("blocks.0.feedForward.up.weight"), left.get("blocks.0.feedForward.up.weight"), 6, 1, 3);
      assertRows(whole.get("blocks.0.feedForward.up.bias"), left.get("blocks.0.feedForward.up.bias"), 6, 1, 3);
      assertColumns(whole.get("blocks.0.feedForward.down.weight"), left.get("blocks.0.feedForward.down.weight"), 6, 1, 3);
      whole.forEach((name, t) -> {
        if (t.shape().equals(left.get(name).shape())) assertArrayEquals(t.toDoubles(), left.get(name).toDoubles(), name);
      });
    }
  }

  private static int[] channels(int... heads) {
    return IntStream.of(heads).flatMap(h -> IntStream.range(h * HEAD, (h + 1) * HEAD)).toArray();
  }

  private static void assertRows(Tensor whole, Tensor left, int... rows) {
    double[] all = whole.toDoubles();
    double[] kept = left.toDoubles();
    int width = all.length / (int) whole.size(0);
    assertEquals(rows.length * width, kept.length);
    for (int i = 0; i < kept.length; i++) assertEquals(all[rows[i / width] * width + i % width], kept[i]);
  }

  private static void assertColumns(Tensor whole, Tensor left, int... columns) {
    double[] all = whole.toDoubles();
    double[] kept = left.toDoubles();
    assertEquals(whole.size(0) * columns.length, kept.length);
    for (int i = 0; i < kept.length; i++) {
      assertEquals(all[i / columns.length * (int) whole.size(1) + columns[i % columns.length]], kept[i]);
    }
  }

  /// A block that ends in zeros adds nothing but its biases to the residual stream; without these it can go.
  @Test
  void aBlockThatAddsNothingIsNotMissed() {
    Kept kept = Kept.blocks(CONFIG, List.of(1));
    try (Scope scope = Scope.open();
        WanTransformer whole = SmallTransformers.random(6);
        WanTransformer teacher = SmallTransformers.changed(whole, (name, t) -> name.matches("blocks.0.*(output|down).*")
            ? t.mul(0)
            : t);
        WanTransformer student = Pruner.prune(teacher, kept)) {
      assertEquals(1, student.config().layers());
      assertSameVelocity(teacher, student);
    }
  }

  @Test
  void blocksMayKeepDifferentNumbers() throws IOException {
    Kept kept = new Kept(List.of(new Kept.Block(List.of(2, 0), List.of(1), List.of(6, 1, 3)), new Kept.Block(List.of(0), List.of(
        0,
        1, 2), List.of(0, 2, 4, 5))));
    try (Scope scope = Scope.open();
        WanTransformer teacher = SmallTransformers.random(3);
        WanTransformer student = Pruner.prune(teacher, kept)) {
      assertEquals(List.of(new BlockSizes(2, 1, 3), new BlockSizes(1, 3, 4)), student.config().blocks());
      WanConfig read = WanConfigs.read(Fields.of("config", WanConfigs.write(student.config())));
      assertEquals(student.config(), read);
      for (double value : Inputs.random(2).velocity(student).toDoubles()) assertTrue(Double.isFinite(value));
      Path file = folder.resolve("student.safetensors");
      SafeTensors.write(file, WanWeights.named(student, WanWeights.ORIGINAL), Map.of());
      try (TensorFile written = TensorFile.open(file)) {
        WanConfig found = WanWeights.infer(written, HEAD);
        assertEquals(student.config().blocks(), found.blocks());
        assertTrue(WanWeights.compare(written, read).isFull());
      }
    }
  }

  @Test
  void sharesNothingWithTheTeacherAndLeaksNothing() {
    long before = HostMemory.liveBuffers();
    Inputs in = Inputs.random(1);
    try (Scope scope = Scope.open()) {
      WanTransformer student;
      try (WanTransformer teacher = SmallTransformers.random(4)) {
        student = Pruner.prune(teacher, kept(new Random(5), 1, 2));
      }
      try (student) {
        for (double value : in.velocity(student).toDoubles()) assertTrue(Double.isFinite(value));
      }
    }
    in.x().close();
    in.sigma().close();
    in.context().close();
    assertEquals(before, HostMemory.liveBuffers());
  }

  private static String refusal(List<Integer> self, List<Integer> cross, List<Integer> neurons) {
    Kept.Block good = new Kept.Block(List.of(0, 1), List.of(0, 1), List.of(0, 1, 2));
    Kept kept = new Kept(List.of(good, new Kept.Block(self, cross, neurons)));
    try (WanTransformer teacher = SmallTransformers.random(4)) {
      return String.valueOf(assertThrows(IllegalArgumentException.class, () -> Pruner.prune(teacher, kept)).getMessage());
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    assertEquals("prune: heads of self attention in block 1: index 3; there are 3", refusal(List.of(0, 3), List.of(0, 1), List.of(
        0,
        1, 2)));
    assertEquals("prune: heads of cross attention in block 1: index 1 twice", refusal(List.of(0, 2), List.of(1, 1), List.of(0, 1,
        2)));
    assertEquals("prune: neurons in block 1: index -1; there are 7", refusal(List.of(0, 2), List.of(0, 1), List.of(0, 1, -1)));
    assertEquals("prune: 0 heads of cross attention in block 1; needs 1 or more", refusal(List.of(0, 2), List.of(), List.of(0,
        1)));
  }

  @Test
  void refusesWhatCannotBePruned() {
    try (Scope scope = Scope.open(); WanTransformer teacher = SmallTransformers.random(4)) {
      Kept one = new Kept(List.of(new Kept.Block(List.of(0), List.of(0), List.of(0))));
      String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> Pruner.prune(teacher, one))
          .getMessage());
      assertEquals("prune: 1 blocks are kept; the transformer has 2", message);
      Kept nothing = new Kept(Collections.nCopies(2, Kept.Block.GONE));
      message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> Pruner.prune(teacher, nothing)).getMessage());
      assertEquals("prune: nothing of 2 blocks; needs 1 or more", message);
      try (WanTransformer quantised = SmallTransformers.changed(teacher, (name, t) -> name.equals(
          "blocks.0.feedForward.up.weight")
              ? t.to(DType.I64)
              : t)) {
        message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> Pruner.prune(quantised, kept(new Random(1), 2,
            3))).getMessage());
        assertTrue(message.startsWith("prune: blocks.0.feedForward.up.weight: type "), message);
      }
    }
  }
}
