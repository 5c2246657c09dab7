package dev.raiju.kernels.conformance;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Softmax;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/// What somebody else's backend may look like: the loops of the reference for most ops, and two kernels of its own, a plain one for
/// matrix products and an odd one for softmax.
final class ExampleBackend implements HostBackend {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final HostBackend loops = (HostBackend) Device.reference().backend();

  @Override
  public String name() { return "example"; }

  @Override
  public String describe() { return "the reference's loops and two kernels"; }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) {
    boolean f32 = !in.isEmpty() && in.getFirst().dtype() == DType.F32;
    if (f32 && op instanceof MatMul && in.getFirst().rank() == 2 && in.get(1).rank() == 2) return Optional.of(new Product());
    if (f32 && op instanceof Softmax(int axis) && axis == in.getFirst().rank() - 1) return Optional.of(new OnePassSoftmax());
    return loops.kernel(op, in);
  }

  private static float get(Tensor t, long index) { return HostMemory.ALL.get(F32, t.address() + 4 * index); }

  private static void set(Tensor t, long index, float value) { HostMemory.ALL.set(F32, t.address() + 4 * index, value); }

  /// `[M, K] x [K, N]` through any strides, a chain of multiply-adds for each element.
  private static final class Product implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Layout a = in.get(0).layout();
      Layout b = in.get(1).layout();
      long columns = out.getFirst().size(1);
      for (long i = 0; i < a.shape().size(0); i++) {
        for (long j = 0; j < columns; j++) {
          float sum = 0;
          for (long k = 0; k < a.shape().size(1); k++) {
            float left = get(in.get(0), i * a.stride(0) + k * a.stride(1));
            sum = Math.fma(left, get(in.get(1), k * b.stride(0) + j * b.stride(1)), sum);
          }
          set(out.getFirst(), i * columns + j, sum);
        }
      }
    }
  }

  /// Softmax over the last axis that reads each row once for maximum and sum together (Milakov and Gimelshein 2018,
  /// arXiv:1805.02867), and whose result lies with its last axis outermost in memory.
  private static final class OnePassSoftmax implements Kernel {
    @Override
    public Layout layout(int index, Spec out, List<Layout> in) {
      int[] order = new int[out.rank()];
      for (int i = 1; i < order.length; i++) order[i] = i - 1;
      order[0] = order.length - 1;
      return Layout.dense(out.shape(), order);
    }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor x = in.getFirst();
      long width = x.size(-1);
      long rows = width == 0 ? 0 : x.shape().elements() / width;
      for (long row = 0; row < rows; row++) {
        float max = Float.NEGATIVE_INFINITY;
        float sum = 0;
        for (long i = 0; i < width; i++) {
          float value = get(x, row * width + i);
          float larger = Math.max(max, value);
          float before = max == Float.NEGATIVE_INFINITY ? 0 : sum * (float) Math.exp(max - larger);
          sum = before + (float) Math.exp(value - larger);
          max = larger;
        }
        for (long i = 0; i < width; i++)
          set(out.getFirst(), i * rows + row, (float) Math.exp(get(x, row * width + i) - max) / sum);
      }
    }
  }
}
