package dev.raiju.training.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.GradCheck;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.prune.Kept;
import dev.raiju.training.prune.Pruner;
import dev.raiju.training.prune.SmallTransformers;
import dev.raiju.training.prune.SmallTransformers.Inputs;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StudentLossTest {
  private final Scope scope = Scope.open();
  private final WanTransformer teacher = SmallTransformers.random(1);
  private final WanTransformer student = Pruner.prune(teacher, new Kept(Collections.nCopies(2, new Kept.Block(List.of(0, 2), List
      .of(1, 2), List.of(1, 2, 5)))));
  private final Inputs in = Inputs.random(2);
  private final Tensor noise = SmallTransformers.random(Rng.of(3), 1, in.x().shape().sizes());

  @AfterEach
  void close() {
    student.close();
    teacher.close();
    scope.close();
  }

  private StudentLoss.Terms terms(StudentLoss loss, WanTransformer student) {
    return loss.of(student, teacher, in.x(), noise, in.sigma(), in.context());
  }

  private static double meanSquare(Tensor a, Tensor b) {
    double[] x = a.toDoubles();
    double[] y = b.toDoubles();
    double total = 0;
    for (int i = 0; i < x.length; i++) total += (x[i] - y[i]) * (x[i] - y[i]);
    return total / x.length;
  }

  @Test
  void addsUpWhatItSays() {
    double[] x0 = in.x().toDoubles();
    double[] e = noise.toDoubles();
    double[] sigma = in.sigma().toDoubles();
    double[] noisy = new double[x0.length];
    double[] velocity = new double[x0.length];
    for (int i = 0; i < noisy.length; i++) {
      double s = sigma[i / (noisy.length / 2)];
      noisy[i] = (1 - s) * x0[i] + s * e[i];
      velocity[i] = e[i] - x0[i];
    }
    long[] sizes = in.x().shape().sizes();
    var here = student.forwardWithBlocks(Tensor.of(noisy, sizes), in.sigma().mul(1000), in.context(), BlockRunner.PLAIN);
    var goal = teacher.forwardWithBlocks(Tensor.of(noisy, sizes), in.sigma().mul(1000), in.context(), BlockRunner.PLAIN);
    double flow = meanSquare(here.velocity(), Tensor.of(velocity, sizes));
    double output = meanSquare(here.velocity(), goal.velocity());
    double first = meanSquare(here.blocks().get(0), goal.blocks().get(0));
    double second = meanSquare(here.blocks().get(1), goal.blocks().get(1));

    StudentLoss.Terms all = terms(new StudentLoss(2, 3, 5, Alignment.ALL), student);
    assertEquals(flow, all.flow().item(), 1e-6 * flow);
    assertEquals(output, all.output().item(), 1e-6 * output);
    assertEquals(2 * flow + 3 * output + 5 * (first + second) / 2, all.total().item(), 1e-6 * all.total().item());
    StudentLoss.Terms some = terms(new StudentLoss(0, 0, 1, Alignment.every(2)), student);
    assertEquals(1, some.blocks().size());
    assertEquals(second, some.total().item(), 1e-6 * second);
    Tensor alone = FlowLoss.of(student::forward, in.x(), noise, in.sigma(), in.context());
    assertEquals(flow, alone.item(), 1e-6 * flow);
  }

  @Test
  void alignsTheBlocksThatAreNamed() {
    StudentLoss.Terms all = terms(StudentLoss.EVEN, student);
    StudentLoss.Terms first = terms(new StudentLoss(0, 0, 1, Alignment.of(List.of(0))), student);
    assertEquals(all.blocks().get(0).item(), first.total().item());
    assertThrows(IllegalArgumentException.class, () -> terms(new StudentLoss(0, 0, 1, Alignment.of(List.of(2))), student));
    assertThrows(IllegalArgumentException.class, () -> Alignment.of(List.of(1, 1)));
    // a student that lost its first block
    try (WanTransformer shallow = Pruner.prune(teacher, Kept.blocks(teacher.config(), List.of(1)))) {
      assertThrows(IllegalArgumentException.class, () -> terms(StudentLoss.EVEN, shallow));
      Alignment pair = new Alignment(1, List.of(new Alignment.Pair(0, 1)));
      assertTrue(terms(new StudentLoss(0, 0, 1, pair), shallow).total().item() > 0);
    }
  }

  /// Computing activations again changes nothing but memory.
  @Test
  void checkpointedBlocksHaveTheSameGradients() {
    List<Tensor> parameters = new ArrayList<>(student.parameters().values());
    List<double[]> plain = gradients(parameters, BlockRunner.PLAIN);
    List<double[]> again = gradients(parameters, CheckpointedBlocks.when(true));
    for (int i = 0; i < plain.size(); i++) assertArrayEquals(plain.get(i), again.get(i), 1e-12);
  }

  private List<double[]> gradients(List<Tensor> parameters, BlockRunner runner) {
    try (Tape tape = Tape.record(parameters)) {
      Tensor loss = StudentLoss.EVEN.of(student, teacher, in.x(), noise, in.sigma(), in.context(), runner).total();
      var gradients = tape.gradients(loss, parameters);
      return parameters.stream().map(p -> gradients.of(p).toDoubles()).toList();
    }
  }

  @Test
  void theTeacherIsItsOwnGoal() {
    StudentLoss.Terms terms = terms(StudentLoss.EVEN, teacher);
    assertTrue(terms.flow().item() > 0);
    assertEquals(0, terms.output().item());
    terms.blocks().forEach(term -> assertEquals(0, term.item()));
  }

  @Test
  void gradientMatchesFiniteDifferences() {
    List<Tensor> parameters = new ArrayList<>(student.parameters().values());
    StudentLoss loss = new StudentLoss(1, 0.7, 0.4, Alignment.ALL);
    GradCheck.check(values -> List.of(terms(loss, student.with(values)).total()), parameters, 1, 17);
  }

  @Test
  void theTeacherHasNoGradient() {
    List<Tensor> both = new ArrayList<>(student.parameters().values());
    both.addAll(teacher.parameters().values());
    try (Tape tape = Tape.record(both)) {
      var gradients = tape.gradients(terms(StudentLoss.EVEN, student).total(), both);
      for (Tensor t : teacher.parameters().values()) {
        assertArrayEquals(new double[(int) t.shape().elements()], gradients.of(t).toDoubles());
      }
      assertTrue(gradients.of(student.head().output().weight()).abs().sum().item() > 0);
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new StudentLoss(0, 0, 0, Alignment.ALL));
    assertThrows(IllegalArgumentException.class, () -> new StudentLoss(1, -1, 0, Alignment.ALL));
    assertThrows(IllegalArgumentException.class, () -> new StudentLoss(1, Double.NaN, 0, Alignment.ALL));
    assertThrows(IllegalArgumentException.class, () -> Alignment.every(0));
    assertThrows(IllegalArgumentException.class, () -> terms(new StudentLoss(1, 1, 1, Alignment.every(3)), student));
  }
}
