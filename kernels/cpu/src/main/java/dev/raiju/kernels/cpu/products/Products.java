package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/// Computes products on all threads.
public final class Products {
  /// Threads that share the chunks of a loop.
  public interface Workers {
    int threads();

    /// Runs a body for every chunk from 0 to `chunks - 1`, in any order, on any of the threads.
    void run(int chunks, IntConsumer body);
  }

  // from this many products on, each is one chunk
  private static final int MANY = 16;
  // the right factor is packed in pieces of at most this many floats
  private static final long PACKED_FLOATS = 4 << 20;

  // a page of f32
  private static final int MOST_TOGETHER = 32;

  private final MicroKernels micro;
  private final Workers workers;

  public Products(MicroKernels micro, Workers workers) {
    this.micro = micro;
    this.workers = workers;
  }

  MicroKernels micro() { return micro; }

  Workers workers() { return workers; }

  /// Computes one product.
  void run(Product product) {
    Blocking blocking = Blocking.of(micro, workers.threads(), product);
    Multiplication work = new Multiplication(micro, product, blocking);
    int panels = panels(product);
    if (blocking.rowBlocks() == 1) {
      workers.run(blocking.columnBlocks(), chunk -> {
        int first = chunk * blocking.columnBlock();
        work.compute(0, first, Math.min(panels, first + blocking.columnBlock()), 0, 0);
      });
      return;
    }
    int step = packedPanels(work, blocking);
    for (int base = 0; base < panels; base += step) runPacked(work, blocking, base, Math.min(panels, base + step));
  }

  /// Computes one product whose right factor is this weight: packed once, where its buffer keeps forms.
  void run(Product product, Tensor weight) {
    Optional<PackedWeight> form = PackedWeight.of(micro, product, weight);
    if (form.isEmpty()) {
      run(product);
      return;
    }
    Blocking blocking = Blocking.of(micro, workers.threads(), product);
    Multiplication work = new Multiplication(micro, product, blocking);
    int panels = panels(product);
    HostBuffer packed = (HostBuffer) weight.buffer().form(form.get(), () -> {
      HostBuffer made = HostMemory.allocate(4 * work.packedFloats(panels));
      pack(work, 0, panels, made.address());
      return made;
    });
    try {
      compute(work, blocking, 0, panels, packed.address());
    } finally {
      packed.release();
    }
  }

  /// The form of a weight, input `index` of a kernel, that [#run(Product, Tensor)] keeps.
  List<Kernel.Form> forms(Product product, int index, Tensor weight) {
    Multiplication work = new Multiplication(micro, product, Blocking.of(micro, 1, product));
    return PackedWeight.of(micro, product, weight).map(form -> new Kernel.Form(index, form, 4 * work.packedFloats(panels(
        product)))).stream().toList();
  }

  /// What [#run(Product, Tensor)] takes, the form itself not counted.
  Needs needs(Product product, Tensor weight) {
    if (PackedWeight.of(micro, product, weight).isEmpty()) return needs(product);
    Blocking blocking = Blocking.of(micro, workers.threads(), product);
    Multiplication work = new Multiplication(micro, product, blocking);
    int panels = panels(product);
    return packing(work, panels).or(computing(work, blocking, panels));
  }

  private Needs packing(Multiplication work, int panels) {
    int group = packedTogether(work, panels);
    return atOnce((panels + group - 1) / group, Needs.of(work::packer));
  }

  private Needs computing(Multiplication work, Blocking blocking, int panels) {
    int columnBlocks = (panels + blocking.columnBlock() - 1) / blocking.columnBlock();
    return atOnce(blocking.rowBlocks() * columnBlocks, work.needs(Math.min(panels, blocking.columnBlock()), false));
  }

  /// How many panels are packed at once.
  private static int packedPanels(Multiplication work, Blocking blocking) {
    long blocks = PACKED_FLOATS / Math.max(1, work.packedFloats(blocking.columnBlock()));
    return Math.clamp(blocks, 1, blocking.columnBlocks()) * blocking.columnBlock();
  }

  /// What [#run(Product)] takes.
  Needs needs(Product product) {
    Blocking blocking = Blocking.of(micro, workers.threads(), product);
    Multiplication work = new Multiplication(micro, product, blocking);
    int panels = panels(product);
    if (blocking.rowBlocks() == 1) {
      return atOnce(blocking.columnBlocks(), work.needs(Math.min(panels, blocking.columnBlock()), true));
    }
    int most = Math.min(panels, packedPanels(work, blocking));
    return Needs.of(pieces -> pieces.take(work.packedFloats(most))).with(packing(work, most).or(computing(work, blocking, most)));
  }

  /// What [#run(int, IntFunction)] takes for products of the sizes of this one.
  Needs needs(int count, Product product) {
    if (count < MANY) return count == 0 ? Needs.NONE : needs(product);
    Blocking blocking = Blocking.of(micro, 1, product);
    Multiplication work = new Multiplication(micro, product, blocking);
    int panels = panels(product);
    if (blocking.rowBlocks() == 1) return atOnce(count, work.needs(panels, true));
    return atOnce(count, Needs.of(pieces -> pieces.take(work.packedFloats(panels))).with(work.needs(panels, false)));
  }

  /// What the chunks of a loop take together that run at one time.
  Needs atOnce(int chunks, Needs chunk) { return chunk.times(Math.min(chunks, workers.threads())); }

  /// Panels `base` to `end`: packs them once, then computes all row blocks.
  private void runPacked(Multiplication work, Blocking blocking, int base, int end) {
    try (Scratch scratch = new Scratch()) {
      long packed = scratch.take(work.packedFloats(end - base));
      pack(work, base, end, packed);
      compute(work, blocking, base, end, packed);
    }
  }

  /// Packs panels `base` to `end`.
  private void pack(Multiplication work, int base, int end, long packed) {
    int group = packedTogether(work, end - base);
    workers.run((end - base + group - 1) / group, chunk -> {
      int first = base + chunk * group;
      work.packRight(first, Math.min(end, first + group), base, packed);
    });
  }

  /// Computes all row blocks of panels `base` to `end`, which are packed.
  private void compute(Multiplication work, Blocking blocking, int base, int end, long packed) {
    int columnBlocks = (end - base + blocking.columnBlock() - 1) / blocking.columnBlock();
    workers.run(blocking.rowBlocks() * columnBlocks, chunk -> {
      int first = base + chunk % columnBlocks * blocking.columnBlock();
      work.compute(chunk / columnBlocks, first, Math.min(end, first + blocking.columnBlock()), base, packed);
    });
  }

  /// How many panels one thread packs together.
  private int packedTogether(Multiplication work, int panels) {
    return work.isReadAcross() ? Math.clamp(panels / (2 * workers.threads()), 1, MOST_TOGETHER) : 1;
  }

  /// Computes several products of equal sizes, given by number.
  void run(int count, IntFunction<Product> products) {
    if (count < MANY) {
      for (int i = 0; i < count; i++) run(products.apply(i));
    } else {
      workers.run(count, i -> alone(products.apply(i)));
    }
  }

  /// Computes a product on this thread.
  void alone(Product product) {
    Blocking blocking = Blocking.of(micro, 1, product);
    Multiplication work = new Multiplication(micro, product, blocking);
    int panels = panels(product);
    if (blocking.rowBlocks() == 1) {
      work.compute(0, 0, panels, 0, 0);
      return;
    }
    try (Scratch scratch = new Scratch()) {
      long packed = scratch.take(work.packedFloats(panels));
      work.packRight(0, panels, 0, packed);
      for (int r = 0; r < blocking.rowBlocks(); r++) work.compute(r, 0, panels, 0, packed);
    }
  }

  private int panels(Product product) { return (product.columns() + micro.panelColumns() - 1) / micro.panelColumns(); }
}
