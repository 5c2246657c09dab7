package dev.raiju.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.cases.OpCases;
import java.util.Arrays;
import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class OpBenchmarkTest {
  @Test
  void theRowsThatAreMeasuredByDefaultAreInTheTable() throws NoSuchFieldException {
    String[] rows = OpBenchmark.class.getField("row").getAnnotation(Param.class).value();
    Arrays.stream(rows).forEach(row -> assertTrue(OpCases.named(row).isPresent(), row));
  }

  /// In this process, for some milliseconds.
  @Test
  void jmhMeasuresARow() throws Exception {
    Collection<RunResult> results = new Runner(new OptionsBuilder().include("OpBenchmark").param("row", "rms_norm").param("type",
        "bf16").forks(0).warmupIterations(0).measurementIterations(1).measurementTime(TimeValue.milliseconds(20)).verbosity(
            VerboseMode.SILENT).build()).run();
    assertEquals(1, results.size());
    assertTrue(results.iterator().next().getPrimaryResult().getScore() > 0);
  }

  @Test
  void aRowThatIsNotThereIsNamed() {
    OpBenchmark benchmark = new OpBenchmark();
    benchmark.row = "sofmax";
    String message = assertThrows(IllegalArgumentException.class, benchmark::draw).getMessage();
    assertTrue(message.startsWith("row: no such row: sofmax; there are ") && message.contains("softmax"), message);
  }
}
