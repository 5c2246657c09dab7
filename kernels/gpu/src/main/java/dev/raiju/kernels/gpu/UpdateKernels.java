package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Updates in place, on contiguous tensors of one type.
final class UpdateKernels {
  private static final String FILE = "updates";

  private UpdateKernels() {}

  record AdamW(Gpu gpu, dev.raiju.tensor.op.AdamW op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand p = Operand.of(in.get(0));
      gpu.launch(FILE, "adamw_" + p.type().label(), p.elements(), new Arguments().whole(p.elements()).data(p).data(Operand.of(in
          .get(1)))
          .data(Operand.of(in.get(2))).data(Operand.of(in.get(3))).data(Operand.of(in.get(4))).real(op.beta1()).real(1 - op
              .beta1())
          .real(op.beta2()).real(1 - op.beta2()).real(op.eps()).real(op.weightDecay()));
    }
  }

  record MovingAverage(Gpu gpu, double decay) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand p = Operand.of(in.get(0));
      gpu.launch(FILE, "moving_average_" + p.type().label(), p.elements(), new Arguments().whole(p.elements()).data(p).wholes(0,
          0).data(
              Operand.of(in.get(1))).whole(0).real(decay).real(1 - decay).real(0).real(0).real(0).real(0));
    }
  }
}
