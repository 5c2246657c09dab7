package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.Update;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TensorLifetimeTest {
  private static final int RACES = 10_000;

  @Test
  void usingAClosedTensorThrows() {
    try (Scope _ = Scope.open(); Tensor open = Tensor.zeros(2, 2)) {
      List<Consumer<Tensor>> uses = List.of(Tensor::toFloats, Tensor::toBytes, Tensor::toLongs, t -> t.add(1), t -> t.add(open),
          open::matmul, Tensor::transpose, t -> t.reshape(4), t -> t.slice(0, 0, 1), t -> t.to(DType.F16), Tensor::copy,
          Tensor::alias, t -> t.sum(), t -> Tensor.concat(0, open, t), t -> t.sum(0).item());
      for (Consumer<Tensor> use : uses) {
        Tensor t = Tensor.zeros(2, 2);
        t.close();
        String message = assertThrows(IllegalStateException.class, () -> use.accept(t)).getMessage();
        assertTrue(String.valueOf(message).contains("closed"), message);
      }
      Tensor t = Tensor.zeros(2, 2);
      t.close();
      assertTrue(t.toString().contains("closed"));
    }
  }

  @Test
  void closingTwiceFreesOnce() {
    long before = HostMemory.liveBuffers();
    Tensor t = Tensor.zeros(1000);
    Tensor alias = t.alias();
    t.close();
    t.close();
    t.close();
    assertEquals(before + 1, HostMemory.liveBuffers());
    assertEquals(0, alias.toFloats()[999]);
    alias.close();
    assertEquals(before, HostMemory.liveBuffers());
  }

  @Test
  void viewsKeepTheirBase() {
    long before = HostMemory.liveBuffers();
    Tensor base = Tensor.iota(DType.I32, 12, Device.reference());
    Tensor view = base.reshape(3, 4);
    Tensor column = view.slice(1, 1, 1);
    base.close();
    view.close();
    assertEquals(before + 1, HostMemory.liveBuffers());
    assertArrayEquals(new long[] {1, 5, 9}, column.toLongs());
    column.close();
    assertEquals(before, HostMemory.liveBuffers());
  }

  @Test
  void aBufferOfOthersTellsItsOwnerOnce() {
    AtomicInteger told = new AtomicInteger();
    try (Arena arena = Arena.ofConfined()) {
      HostBuffer buffer = HostBuffer.over(arena.allocate(16), told::incrementAndGet);
      Tensor t = Tensor.over(Spec.of(DType.F32, 4), buffer, Device.reference());
      Tensor view = t.reshape(2, 2);
      t.close();
      assertEquals(0, told.get());
      view.close();
      assertEquals(1, told.get());
      assertThrows(IllegalStateException.class, buffer::retain);
      assertThrows(IllegalStateException.class, buffer::release);
      assertEquals(1, told.get());
    }
  }

  /// Adds 1 to its input.
  private record Increment() implements Update {
    @Override
    public List<Integer> written() { return List.of(0); }

    @Override
    public List<Tensor> define(List<Tensor> in) { return List.of(in.getFirst().add(1)); }

    @Override
    public List<Spec> infer(List<Spec> in) { return List.of(); }
  }

  @Test
  void memoryForReadingIsNeverWritten() {
    try (Arena arena = Arena.ofConfined(); Scope _ = Scope.open()) {
      var memory = arena.allocate(16);
      Tensor t = Tensor.over(Spec.of(DType.F32, 4), HostBuffer.over(memory.asReadOnly(), () -> {}), Device.reference());
      assertThrows(IllegalArgumentException.class, () -> Trace.update(new Increment(), t));
      Tensor copy = t.copy();
      long version = copy.buffer().version();
      Trace.update(new Increment(), copy);
      assertArrayEquals(new float[] {1, 1, 1, 1}, copy.toFloats());
      assertTrue(copy.buffer().version() > version);
    }
  }

  /// Two threads: one closes, one uses. Either the use came first and its result is right, or it throws.
  @Test
  void closingWhileAnotherThreadReads() throws Exception {
    race(true, t -> {
      float[] values = t.toFloats();
      for (float v : values) if (v != 7) throw new AssertionError(Arrays.toString(values));
    });
  }

  @Test
  void closingWhileAnotherThreadComputes() throws Exception {
    race(true, t -> {
      try (Scope _ = Scope.open()) {
        assertEquals(8 * 14, t.add(t).sum().item());
      }
    });
  }

  @Test
  void closingWhileAnotherThreadCloses() throws Exception { race(false, Tensor::close); }

  /// @param refusable whether a use of a closed tensor throws
  private static void race(boolean refusable, Consumer<Tensor> use) throws Exception {
    long before = HostMemory.liveBuffers();
    AtomicInteger used = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    AtomicReference<Tensor> shared = new AtomicReference<>(Tensor.zeros(8));
    AtomicReference<Throwable> problem = new AtomicReference<>(new Throwable("none"));
    Throwable none = problem.get();
    CyclicBarrier start = new CyclicBarrier(2);
    Thread user = new Thread(() -> {
      try {
        for (int i = 0; i < RACES; i++) {
          start.await();
          try {
            use.accept(shared.get());
            used.incrementAndGet();
          } catch (IllegalStateException e) {
            refused.incrementAndGet();
          }
          start.await();
        }
      } catch (Throwable e) {
        problem.set(e);
        start.reset();
      }
    });
    user.start();
    Spec spec = Spec.of(DType.F32, 8);
    try {
      for (int i = 0; i < RACES; i++) {
        shared.getAndSet(Tensor.full(spec, 7, Device.reference())).close();
        Tensor mine = shared.get();
        start.await();
        for (int spin = i % 64; spin > 0; spin--) Thread.onSpinWait();
        mine.close();
        // memory that went back too early would be written here
        Tensor.full(spec, -1, Device.reference()).close();
        start.await();
      }
    } catch (BrokenBarrierException e) {
      // the user's problem is reported below
    }
    user.join();
    if (problem.get() != none) throw new AssertionError(problem.get());
    assertEquals(before, HostMemory.liveBuffers());
    assertEquals(RACES, used.get() + refused.get());
    assertEquals(refusable, refused.get() > 0, "only one of the two ever came first");
    assertTrue(used.get() > 0, "only one of the two ever came first");
  }
}
