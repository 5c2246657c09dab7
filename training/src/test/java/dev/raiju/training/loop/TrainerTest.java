package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.Losses;
import dev.raiju.training.optim.AdamWOptimizer;
import dev.raiju.training.optim.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir
  Path directory;

  /// Fits a line to noisy points; some steps can be made to see a NaN.
  private static class Line implements Stage {
    final Rng data = Rng.of(3).stream("data");
    final Set<Long> poisoned;
    final Tensor w = alone(0.5f);
    final Tensor b = alone(0f);
    final Learner learner;

    Line(Set<Long> poisoned) {
      this.poisoned = new HashSet<>(poisoned);
      Map<String, Tensor> parameters = Map.of("w", w, "b", b);
      this.learner = new Learner(parameters, List.of(new AdamWOptimizer(parameters, new AdamW(0.9, 0.99, 1e-8, 0))),
          List.of(Schedule.constant(0.05)), 10, 0.9);
    }

    private static Tensor alone(float value) {
      try (var scope = Scope.open()) {
        return Tensor.of(new float[] {value}, 1).to(Device.reference()).alias();
      }
    }

    @Override
    public String name() { return "line"; }

    @Override
    public Metrics step(long number) {
      try (var scope = Scope.open()) {
        Tensor x = data.normal(Device.reference(), 8);
        Tensor y = x.mul(2).add(data.normal(Device.reference(), 8).mul(0.1)).add(poisoned.contains(number) ? Double.NaN : 1);
        return Metrics.of(learner.learn(() -> Losses.mse(x.mul(w).add(b), y)), learner.rate());
      }
    }

    @Override
    public Map<String, Tensor> tensors() { return learner.state(""); }

    @Override
    public Json.Obj facts() {
      return Json.object().with("data", data.position()).with("updates", learner.updates()).with("rateFactor", learner
          .rateFactor());
    }

    @Override
    public void restore(Map<String, Tensor> tensors, Fields facts) throws IOException {
      data.seek(facts.integer("data"));
      learner.restore("", tensors, facts.integer("updates"), facts.number("rateFactor"));
    }

    @Override
    public void slowDown(double factor) { learner.rateFactor(learner.rateFactor() * factor); }

    @Override
    public void close() {
      learner.close();
      w.close();
      b.close();
    }

    float[] state() {
      return new float[] {w.toFloats()[0], b.toFloats()[0], learner.averages().get("w").toFloats()[0], (float) data.position()};
    }
  }

  private static final class Notes implements Trainer.Observer {
    final List<String> lines = new ArrayList<>();

    @Override
    public void stepped(long step, long steps, Metrics metrics, History history) {}

    @Override
    public void note(String line) { lines.add(line); }
  }

  /// A line whose bad steps are good when they are tried again.
  private static Line badOnce(long... steps) {
    return new Line(Arrays.stream(steps).boxed().collect(Collectors.toSet())) {
      @Override
      public Metrics step(long number) {
        Metrics metrics = super.step(number);
        poisoned.remove(number);
        return metrics;
      }
    };
  }

  private float[] straight(long steps, Set<Long> poisoned) throws IOException {
    try (Line line = new Line(poisoned); RunDirectory run = RunDirectory.open(directory.resolve("straight"))) {
      new Trainer(line, run, steps, Duration.ofDays(1), new Notes()).run(() -> false);
      return line.state();
    }
  }

  @Test
  void learns() throws IOException {
    float[] state = straight(300, Set.of());
    assertEquals(2, state[0], 0.1);
    assertEquals(1, state[1], 0.1);
  }

  @Test
  void goesOnExactlyAfterAStopAtAnyStep() throws IOException {
    float[] straight = straight(24, Set.of(5L));
    for (int stop = 0; stop <= 24; stop++) {
      Path here = directory.resolve("stopped" + stop);
      for (int part = 0; part < 2; part++) {
        try (Line line = new Line(Set.of(5L)); RunDirectory run = RunDirectory.open(here)) {
          Trainer trainer = new Trainer(line, run, 24, Duration.ofDays(1), new Notes());
          int limit = part == 0 ? stop : 100;
          Trainer.End end = trainer.run(() -> trainer.history().steps() >= limit);
          assertEquals(part == 0 && stop < 24 ? Trainer.End.STOPPED : Trainer.End.FINISHED, end);
          if (part == 1) {
            assertArrayEquals(straight, line.state());
            assertEquals(24, trainer.history().steps());
          }
        }
      }
    }
  }

  @Test
  void leavesOutASingleBadStep() throws IOException {
    try (Line line = new Line(Set.of(7L)); RunDirectory run = RunDirectory.open(directory)) {
      Notes notes = new Notes();
      new Trainer(line, run, 10, Duration.ofDays(1), notes).run(() -> false);
      assertEquals(9, line.learner.updates());
      assertEquals(1, notes.lines.size());
      assertTrue(Float.isFinite(line.state()[0]));
    }
  }

  @Test
  void goesBackAndSlowsDownAfterSeveralBadSteps() throws IOException {
    try (Line line = new Line(Set.of(7L, 8L, 9L)); RunDirectory run = RunDirectory.open(directory)) {
      Notes notes = new Notes();
      assertThrows(Trainer.DivergedException.class, () -> new Trainer(line, run, 20, Duration.ZERO, notes).run(() -> false));
      assertTrue(notes.lines.stream().anyMatch(note -> note.contains("went back")), notes.lines.toString());
      assertEquals(0.125, line.learner.rateFactor());
    }
  }

  @Test
  void goesBackAfterManyBadGradientsThatAreNotInARow() throws IOException {
    Line stage = new Line(Set.of(5L, 8L, 11L, 14L)) {
      @Override
      public Metrics step(long number) {
        Metrics metrics = super.step(number);
        return metrics.applied() ? metrics : Metrics.of(new Learner.Outcome(1, Double.NaN, false), 0.1);
      }
    };
    try (Line line = stage; RunDirectory run = RunDirectory.open(directory)) {
      Notes notes = new Notes();
      Trainer trainer = new Trainer(line, run, 20, Duration.ofDays(1), notes);
      assertThrows(Trainer.DivergedException.class, () -> trainer.run(() -> false));
      assertTrue(notes.lines.stream().anyMatch(note -> note.contains("went back from step 14 to 0")), notes.lines.toString());
    }
  }

  @Test
  void aStepThatIsLeftOutLeavesNoTrace() throws IOException {
    float[] with = straight(10, Set.of(7L));
    Line without = new Line(Set.of()) {
      @Override
      public Metrics step(long number) {
        if (number != 7) return super.step(number);
        try (var scope = Scope.open()) {
          data.normal(Device.reference(), 16);
        }
        return new Metrics(Map.of("loss", 0.0), true);
      }
    };
    try (without; RunDirectory run = RunDirectory.open(directory.resolve("without"))) {
      new Trainer(without, run, 10, Duration.ofDays(1), new Notes()).run(() -> false);
      assertArrayEquals(with, without.state());
    }
  }

  @Test
  void goesBackToTheBeginningIfNothingElseWasSaved() throws IOException {
    try (Line line = badOnce(3, 4, 5); RunDirectory run = RunDirectory.open(directory)) {
      Notes notes = new Notes();
      Trainer trainer = new Trainer(line, run, 10, Duration.ofDays(1), notes);
      assertEquals(Trainer.End.FINISHED, trainer.run(() -> false));
      assertEquals("line: went back from step 5 to 0; the rate is halved again", notes.lines.getLast());
      assertEquals(10, line.learner.updates());
      assertEquals(0.5, line.learner.rateFactor());
      assertEquals(10, trainer.history().steps());
    }
  }

  @Test
  void eachTimeItGoesBackHalvesTheRateOnce() throws IOException {
    try (Line line = badOnce(3, 4, 5, 23, 24, 25); RunDirectory run = RunDirectory.open(directory)) {
      new Trainer(line, run, 30, Duration.ZERO, new Notes()).run(() -> false);
      assertEquals(0.25, line.learner.rateFactor());
    }
  }

  @Test
  void goesOnExactlyAfterAStopRightAfterGoingBack() throws IOException {
    float[] straight;
    try (Line line = badOnce(3, 4, 5); RunDirectory run = RunDirectory.open(directory.resolve("straight"))) {
      new Trainer(line, run, 10, Duration.ofDays(1), new Notes()).run(() -> false);
      straight = line.state();
    }
    Path stopped = directory.resolve("stopped");
    try (Line line = badOnce(3, 4, 5); RunDirectory run = RunDirectory.open(stopped)) {
      Notes notes = new Notes();
      new Trainer(line, run, 10, Duration.ofDays(1), notes).run(() -> notes.lines.stream().anyMatch(note -> note.contains(
          "went back")));
    }
    try (Line line = new Line(Set.of()); RunDirectory run = RunDirectory.open(stopped)) {
      new Trainer(line, run, 10, Duration.ofDays(1), new Notes()).run(() -> false);
      assertArrayEquals(straight, line.state());
    }
  }

  @Test
  void passesOverADamagedState() throws IOException {
    try (Line line = new Line(Set.of()); RunDirectory run = RunDirectory.open(directory)) {
      new Trainer(line, run, 3, Duration.ZERO, new Notes()).run(() -> false);
    }
    Path newest = directory.resolve("step-00000003").resolve("state.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 1] ^= 1;
    Files.write(newest, bytes);
    try (Line line = new Line(Set.of()); RunDirectory run = RunDirectory.open(directory)) {
      Notes notes = new Notes();
      Trainer trainer = new Trainer(line, run, 3, Duration.ofDays(1), notes);
      trainer.run(() -> false);
      assertTrue(notes.lines.getFirst().contains("damaged"), notes.lines.toString());
      assertEquals(3, trainer.history().steps());
    }
  }

  @Test
  void keepsTwoStates() throws IOException {
    try (Line line = new Line(Set.of()); RunDirectory run = RunDirectory.open(directory)) {
      new Trainer(line, run, 6, Duration.ZERO, new Notes()).run(() -> false);
    }
    try (var files = Files.list(directory)) {
      assertEquals(List.of("step-00000005", "step-00000006"),
          files.map(p -> p.getFileName().toString()).filter(n -> n.startsWith("step")).sorted().toList());
    }
  }

  @Test
  void isHeldByOneRunAtATime() throws IOException {
    try (RunDirectory run = RunDirectory.open(directory)) {
      assertThrows(IOException.class, () -> RunDirectory.open(directory));
    }
  }

  /// A gradient a hundred times as long as usual moves nothing, after which the run goes on as if it had not been.
  @Test
  void aSpikeIsLeftOut() {
    Tensor w = Line.alone(0);
    Map<String, Tensor> parameters = Map.of("w", w);
    try (Learner learner = new Learner(parameters, List.of(new AdamWOptimizer(parameters, new AdamW(0.9, 0.99, 1e-8, 0))), List
        .of(
            Schedule.constant(0.01)), 1, 0, 8)) {
      for (int step = 0; step < 30; step++) assertTrue(learner.learn(() -> w.mul(3).sum()).applied());
      double before = w.item();
      Learner.Outcome spike = learner.learn(() -> w.mul(300).sum());
      assertEquals(300, spike.gradientNorm(), 1e-3);
      assertTrue(!spike.applied());
      assertEquals(before, w.item());
      assertTrue(learner.learn(() -> w.mul(4).sum()).applied());
      assertTrue(learner.state("").containsKey("recent_norms"));
    }
    w.close();
  }

  private static Learner inHalf(Tensor w, Optional<LossScale> scale) {
    Map<String, Tensor> parameters = Map.of("w", w);
    return new Learner(parameters, List.of(new AdamWOptimizer(parameters, new AdamW(0.9, 0.99, 1e-12, 0))), List.of(
        Schedule.constant(0.01)), 100, 0, 0, scale);
  }

  /// A loss whose gradient passes through f16, where 1e-8 is 0.
  private static Tensor narrow(Tensor w, double slope) { return w.to(DType.F16).to(DType.F32).mul(slope).sum(); }

  @Test
  void aScaleKeepsGradientsThatF16CannotHold() {
    Tensor without = Line.alone(1);
    Tensor with = Line.alone(1);
    try (Learner plain = inHalf(without, Optional.empty());
        Learner scaled = inHalf(with, Optional.of(LossScale.of(65536, 100)))) {
      assertEquals(0, plain.learn(() -> narrow(without, 1e-8)).gradientNorm());
      assertEquals(1, without.item());
      Learner.Outcome outcome = scaled.learn(() -> narrow(with, 1e-8));
      // 11 bits of the scaled gradient
      assertEquals(1e-8, outcome.gradientNorm(), 1e-11);
      assertEquals(1e-8, outcome.loss(), 1e-14);
      // the first step of AdamW has the length of the rate
      assertEquals(0.99, with.item(), 1e-5);
    }
    without.close();
    with.close();
  }

  @Test
  void aScaleThatIsTooLargeIsHalvedAndTheStepLeftOut() {
    Tensor w = Line.alone(1);
    LossScale scale = LossScale.of(4096, 3);
    try (Learner learner = inHalf(w, Optional.of(scale))) {
      // 20 · 4096 is beyond f16
      Learner.Outcome first = learner.learn(() -> narrow(w, 20));
      assertEquals(new Learner.Outcome(20, 0, false, true), first);
      assertTrue(first.isSound());
      assertEquals(1, w.item());
      assertEquals(2048, scale.value());
      assertEquals(0, learner.updates());
      for (int step = 0; step < 3; step++) assertEquals(20, learner.learn(() -> narrow(w, 20)).gradientNorm(), 1e-6);
      assertEquals(3, learner.updates());
      // three steps without overflow: tried again
      assertEquals(4096, scale.value());
      assertTrue(learner.learn(() -> narrow(w, 20)).rescaled());
      assertEquals(2048, scale.value());
    }
    w.close();
  }

  @Test
  void aGradientThatIsNotFiniteAtAnyScaleIsBad() {
    Tensor w = Line.alone(1);
    try (Learner learner = inHalf(w, Optional.of(LossScale.of(2, 3)))) {
      assertTrue(learner.learn(() -> narrow(w, 1e5)).rescaled());
      Learner.Outcome bad = learner.learn(() -> narrow(w, 1e5));
      assertTrue(!bad.applied() && !bad.isSound());
      assertTrue(!Double.isFinite(bad.gradientNorm()));
      assertEquals(1, w.item());
    }
    w.close();
  }

  /// The scale is part of the state: a learner that is set back has the same bits as one that went on, overflows included.
  @Test
  void theScaleIsSavedAndGoesOn() {
    double[] slopes = {1, 20, 1e-3, 3, 20, 2, 1, 5, 0.1, 7};
    Tensor straight = Line.alone(1);
    Tensor stopped = Line.alone(1);
    Tensor resumed = Line.alone(5);
    try (Learner a = inHalf(straight, Optional.of(LossScale.of(8192, 2)));
        Learner b = inHalf(stopped, Optional.of(LossScale.of(
            8192, 2)));
        Learner c = inHalf(resumed, Optional.of(LossScale.of(1, 2)))) {
      for (double slope : slopes) a.learn(() -> narrow(straight, slope));
      for (double slope : Arrays.copyOf(slopes, 4)) b.learn(() -> narrow(stopped, slope));
      c.restore("", b.state(""), b.updates(), b.rateFactor());
      for (double slope : Arrays.copyOfRange(slopes, 4, slopes.length)) c.learn(() -> narrow(resumed, slope));
      assertEquals(a.updates(), c.updates());
      assertTrue(a.updates() < slopes.length);
      assertEquals(straight.item(), resumed.item());
      assertArrayEquals(a.state("").get("loss_scale").toDoubles(), c.state("").get("loss_scale").toDoubles());
    }
    straight.close();
    stopped.close();
    resumed.close();
  }

  /// The mean of the parts is what the whole batch gives.
  @Test
  void partsOfABatchAddUp() {
    Tensor a = Line.alone(1);
    Tensor b = Line.alone(1);
    try (Learner whole = sgdLike(a); Learner parts = sgdLike(b)) {
      Learner.Outcome one = whole.learn(() -> a.mul(5).sum());
      Learner.Outcome two = parts.learn(2, part -> b.mul(part == 0 ? 4 : 6).sum());
      assertEquals(one.loss(), two.loss(), 1e-6);
      assertEquals(one.gradientNorm(), two.gradientNorm(), 1e-6);
      assertEquals(a.item(), b.item(), 1e-7);
    }
    a.close();
    b.close();
  }

  private static Learner sgdLike(Tensor w) {
    Map<String, Tensor> parameters = Map.of("w", w);
    // a large epsilon: the step depends on the gradient's length
    return new Learner(parameters, List.of(new AdamWOptimizer(parameters, new AdamW(0, 0.9, 10, 0))), List.of(Schedule.constant(
        1)),
        100, 0);
  }
}
