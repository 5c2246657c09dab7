package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Rotary embedding; the tables may be one for each sample.
record RopeKernel(Gpu gpu) implements Kernel {
  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Operand x = Operand.of(in.get(0));
    Operand cos = Operand.of(in.get(1));
    long tokens = x.shape().size(1);
    long pairs = x.shape().size(3) / 2;
    long table = cos.shape().rank() == 3 ? tokens * pairs : 0;
    gpu.launch("rope", "rope_" + x.type().label(), x.elements() / 2, new Arguments().whole(x.elements() / 2).whole(tokens).whole(x
        .shape().size(2)).whole(pairs).whole(table).data(x).data(cos).data(Operand.of(in.get(2))).data(Operand.of(out
            .getFirst())));
  }
}
