package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Primitive;
import dev.raiju.tensor.op.ToDevice;
import dev.raiju.tensor.op.Update;
import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DoctorTest {
  @Test
  void namesEveryBackendAndTheMachine() {
    Outcome outcome = Shell.raiju("doctor");
    assertEquals(0, outcome.status());
    for (String what : List.of("raiju", "java", "system", "processor", "vector", "cpu", "reference", "default", "memory")) {
      assertTrue(outcome.lines().stream().anyMatch(line -> line.startsWith(what + " ")), () -> what + "\n" + outcome.out());
    }
  }

  /// A machine without an NVIDIA driver says what is missing, in one line, there and where the backend is asked for.
  @Test
  void cudaIsFoundOrSaysWhyNot() {
    Outcome outcome = Shell.raiju("doctor");
    String line = outcome.lines().stream().filter(l -> l.startsWith("cuda ")).findFirst().orElseThrow();
    if (line.contains("compute capability")) return;
    assertTrue(line.contains("not available: "), line);
    Outcome refused = Shell.raiju("verify", "README.md", "--device", "cuda");
    assertTrue(refused.status() != 0 && refused.err().contains("device: cuda cannot be used here: "), refused.err());
  }

  @Test
  void opsShowsARowForEveryOp() {
    Outcome outcome = Shell.raiju("doctor", "--ops");
    for (OpSamples.Sample sample : OpSamples.in(DType.F32)) {
      assertTrue(outcome.lines().stream().anyMatch(line -> line.startsWith(sample.op().name() + " ")), sample.op()::name);
    }
    String attention = outcome.lines().stream().filter(line -> line.startsWith("attention ")).findFirst().orElseThrow();
    assertTrue(attention.contains("by its definition"), attention);
    assertTrue(outcome.lines().stream().anyMatch(line -> line.matches("matmul? .*f32.*|mat_mul .*f32.*")), outcome::out);
  }

  @Test
  void samplesAreRightAndHaveKernelsOnTheReference() {
    for (DType type : List.of(DType.F32, DType.BF16, DType.F16)) {
      for (OpSamples.Sample sample : OpSamples.in(type)) {
        assertDoesNotThrow(() -> sample.op().infer(sample.in()), sample::toString);
        if (sample.op() instanceof Primitive) {
          assertTrue(Device.reference().backend().kernel(sample.op(), sample.in()).isPresent(), sample::toString);
        }
      }
    }
  }

  /// A new op needs a sample, or it would be missing from the table.
  @Test
  void everyOpOfTheEngineHasASample() throws IOException {
    Set<String> expected = new TreeSet<>();
    ResolvedModule tensor = ModuleLayer.boot().configuration().findModule("dev.raiju.tensor").orElseThrow();
    try (ModuleReader reader = tensor.reference().open()) {
      for (String name : reader.list().filter(name -> name.matches("dev/raiju/tensor/op/[A-Za-z]+\\.class")).toList()) {
        Class<?> type = Class.forName(Device.class.getModule(), name.replace('/', '.').replace(".class", ""));
        boolean reaches = Primitive.class.isAssignableFrom(type) || Fused.class.isAssignableFrom(type) || Update.class
            .isAssignableFrom(type);
        if (reaches && type.isRecord() && type != ToDevice.class) expected.add(type.getSimpleName());
      }
    }
    Set<String> sampled = OpSamples.in(DType.F32).stream().map(OpSamples.Sample::op).map(Op::getClass).map(Class::getSimpleName)
        .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(expected, sampled);
  }
}
