package example;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Losses;
import java.util.List;

/// Teaches a small network the square of a number.
class Example {
  public static void main(String[] args) {
    try (Scope all = Scope.open()) {
      Rng rng = Rng.of(7);
      Tensor x = rng.uniform(Device.best(), 256, 1);
      Tensor w1 = rng.normal(Device.best(), 1, 32);
      Tensor w2 = rng.normal(Device.best(), 32, 1).mul(0.1);
      for (int step = 0; step <= 500; step++) {
        try (Scope scope = Scope.open(); Tape tape = Tape.record(List.of(w1, w2))) {
          Tensor loss = Losses.mse(Elementwise.geluTanh(x.matmul(w1)).matmul(w2), x.square());
          Gradients g = tape.gradients(loss, w1, w2);
          for (Tensor w : List.of(w1, w2)) Assign.assign(w, w.sub(g.of(w).mul(0.1)));
          if (step % 100 == 0) System.out.println("step " + step + "  loss " + (float) loss.item());
        }
      }
    }
  }
}
