package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.op.Elementwise;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class OpTimesTest {
  @Test
  void sumsTheTimeOfEachKindOfCallAndStopsWhenItIsClosed() {
    Device device = Device.reference();
    AtomicLong now = new AtomicLong();
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).to(device);
      OpTimes times = OpTimes.start(now::get);
      try (times) {
        for (int i = 0; i < 3; i++) {
          now.addAndGet(1_000);
          Elementwise.geluTanh(x);
        }
        now.addAndGet(5_000_000);
        Tensor turned = x.transpose();
        now.addAndGet(2_000);
        Elementwise.geluTanh(turned);
      }
      now.addAndGet(7_000);
      x.add(x);
      List<String> rows = times.rows().stream().map(row -> row.call() + " " + row.count() + " " + row.nanos()).toList();
      assertEquals(List.of("permute f32 [2, 2] 1 5000000", "gelu_tanh f32 [2, 2] 3 3000", "gelu_tanh f32 [2, 2]~ 1 2000"), rows);
      String[] lines = times.table(1).split("\\R");
      assertEquals(2, lines.length);
      assertEquals("     5.01 ms      5 x    1001.0 us  in all", lines[0]);
      assertEquals("     5.00 ms      1 x    5000.0 us  permute f32 [2, 2]", lines[1]);
    }
  }
}
