package dev.raiju.kernels.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.Tape;
import dev.raiju.kernels.conformance.cases.Choices;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Cost;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Primitive;
import dev.raiju.tensor.op.Update;
import dev.raiju.tensor.op.View;
import java.io.IOException;
import java.lang.module.ModuleReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The table itself: it names every op, and each row is whole.
class OpCasesTest {
  @Test
  void namesDiffer() {
    Set<String> names = new HashSet<>();
    for (OpCase row : OpCases.all()) assertTrue(names.add(row.name()), row.name());
  }

  @Test
  void everyOpHasARow() throws IOException {
    Set<Class<?>> heard = new HashSet<>();
    Trace.Listener listener = (op, _, _) -> heard.add(op.getClass());
    // a device of its own, so that there is another one to go to
    Device device = Device.of(Device.reference().backend());
    for (OpCase row : OpCases.all()) {
      for (int i = 0; i < 6; i++) {
        Sample sample = row.draw().sample(Plan.of(Rng.of(i).stream(row.name()), -1).open().tame(), row.types().getFirst());
        try (Scope scope = Scope.open(); var registration = Trace.listen(listener)) {
          var _ = sample.op().apply(sample.inputs().stream().map(v -> v.on(device)).toList());
        }
      }
    }
    Set<String> missing = new TreeSet<>();
    for (Class<?> op : ops()) {
      if (!heard.contains(op)) missing.add(op.getSimpleName());
    }
    assertEquals(Set.of(), missing);
  }

  /// Every class in the package of ops that is one.
  private static List<Class<?>> ops() throws IOException {
    List<Class<?>> ops = new ArrayList<>(List.of(Primitive.class.getPermittedSubclasses()));
    ops.addAll(List.of(View.class.getPermittedSubclasses()));
    var reference = Op.class.getModule().getLayer().configuration().findModule("dev.raiju.tensor").orElseThrow().reference();
    try (ModuleReader reader = reference.open()) {
      for (String entry : reader.list().filter(e -> e.startsWith("dev/raiju/tensor/op/") && e.endsWith(".class")).toList()) {
        Class<?> type = Class.forName(Op.class.getModule(), entry.substring(0, entry.length() - 6).replace('/', '.'));
        boolean open = Fused.class.isAssignableFrom(type) || Update.class.isAssignableFrom(type);
        if (open && !type.isInterface()) ops.add(type);
      }
    }
    assertTrue(ops.size() > 45, ops.toString());
    return ops;
  }

  @Test
  void theSameChoicesDrawTheSameCase() {
    for (OpCase row : OpCases.all()) {
      Plan plan = Plan.of(Rng.of(5).stream(row.name()), -1);
      for (DType type : row.types()) {
        Sample first = row.draw().sample(plan.open(), type);
        Sample second = row.draw().sample(Plan.parse(plan.toString()).open(), type);
        assertEquals(first.toString(), second.toString());
        for (int i = 0; i < first.inputs().size(); i++) {
          assertTrue(java.util.Arrays.equals(first.inputs().get(i).contents(), second.inputs().get(i).contents()), row.name());
        }
      }
    }
  }

  @Test
  void aPlanOfZerosIsTheSmallestCase() {
    for (OpCase row : OpCases.all()) {
      for (DType type : row.types()) {
        Sample sample = row.draw().sample(new Plan(new int[0], 1, -1).open(), type);
        long most = type.isBlock() ? 4L * type.unit() : 27;
        for (var value : sample.inputs()) assertTrue(value.spec().shape().elements() <= most, row.name() + ": " + sample);
      }
    }
  }

  /// Kernels that do nothing: whatever runs on it is only checked.
  private record Idle() implements HostBackend {
    @Override
    public String name() { return "idle"; }

    @Override
    public String describe() { return "kernels that do nothing"; }

    @Override
    public Optional<Kernel> kernel(Op op, List<Spec> in) {
      return Optional.of((_, _) -> {
      });
    }
  }

  @Test
  void benchmarksFitAndCostWhatAMachineCanDo() {
    Device idle = Device.of(new Idle());
    for (OpCase row : OpCases.all()) {
      Sample sample = row.benchmark().sample(Choices.of(Rng.of(1)), row.types().getFirst());
      long[] flops = {0};
      Trace.Listener listener = (op, in, _) -> flops[0] += cost(op, in).flops();
      try (Scope scope = Scope.open(); var registration = Trace.listen(listener)) {
        var _ = sample.op().apply(sample.inputs().stream().map(v -> v.on(idle)).toList());
      }
      assertTrue(flops[0] >= 0 && flops[0] < 300_000_000L, row.name() + " costs " + flops[0]);
    }
  }

  private static Cost cost(Op op, List<Tensor> in) { return op.cost(in.stream().map(Tensor::spec).toList()); }

  @Test
  void everyCaseHasACost() {
    for (OpCase row : OpCases.all()) {
      Sample sample = row.draw().sample(Plan.of(Rng.of(2).stream(row.name()), 17).open(), row.types().getFirst());
      Trace.Listener listener = (op, in, _) -> {
        Cost cost = cost(op, in);
        assertTrue(cost.flops() >= 0 && cost.bytes() >= 0, row.name() + ": " + op + ": " + cost);
      };
      try (Scope scope = Scope.open(); var registration = Trace.listen(listener); Tape tape = Tape.record(List.of())) {
        var _ = sample.op().apply(sample.inputs().stream().map(v -> v.on(Device.reference())).toList());
      }
    }
  }
}
