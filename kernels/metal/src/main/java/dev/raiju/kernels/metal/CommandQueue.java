package dev.raiju.kernels.metal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// Records dispatches in their order into batches, each seeing all that was written before it, and commits a batch when it is full or
/// somebody waits. Some batches are on their way while the next is recorded. Callers take turns.
///
/// The system stops a command buffer that keeps the GPU for seconds, and until then the screen stands still: how many dispatches make a
/// batch follows from how long the last ones took.
final class CommandQueue {
  private static final int BATCHES = 3;
  // enough that committing does not count
  private static final int MOST_DISPATCHES = 64;
  // threadgroups of one dispatch: so many of the slowest kernel take some tenths of a second on the smallest GPU, by its arithmetic
  private static final long MOST_GROUPS = 1 << 14;
  private static final double LONG_SECONDS = 0.2;
  private static final double SHORT_SECONDS = 0.05;
  private static final long COMPLETED = 4;
  private static final long READ_AND_WRITE = 3;
  private static final int ARGUMENTS = 0;
  private static final int PART = 1;
  private static final long PART_BYTES = 8;

  private final Metal metal;
  private final Messages messages;
  private final MemorySegment queue;
  private final Deque<Batch> underWay = new ArrayDeque<>();
  private final List<MemorySegment> buffers = new ArrayList<>();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment groups = arena.allocate(Kind.SIZE.layout().orElseThrow());
  private final MemorySegment threads = arena.allocate(Kind.SIZE.layout().orElseThrow());
  private final MemorySegment part = arena.allocate(PART_BYTES, Long.BYTES);
  private Optional<Batch> current = Optional.empty();
  private int most = MOST_DISPATCHES;
  private long committed;

  CommandQueue(Metal metal) {
    this.metal = metal;
    this.messages = metal.messages();
    this.queue = metal.newQueue();
  }

  /// From now on, kernels may follow addresses into this buffer.
  void reach(MemorySegment buffer) {
    buffers.add(buffer);
    current.ifPresent(batch -> use(batch, List.of(buffer)));
  }

  /// Gives a buffer back, to which nothing that is under way has an address.
  void forget(MemorySegment buffer) {
    buffers.remove(buffer);
    metal.release(buffer);
  }

  private void use(Batch batch, List<MemorySegment> resources) {
    if (resources.isEmpty()) return;
    MethodHandle handle = messages.handle(Message.USE_RESOURCES);
    try (Arena list = Arena.ofConfined()) {
      long count = resources.size();
      MemorySegment ids = list.allocate(MemoryLayout.sequenceLayout(count, ValueLayout.ADDRESS));
      for (int i = 0; i < count; i++) ids.setAtIndex(ValueLayout.ADDRESS, i, resources.get(i));
      ObjectiveC.call(() -> {
        handle.invokeExact(batch.encoder, ids, count, READ_AND_WRITE);
        return true;
      });
    }
  }

  private Batch batch() {
    if (current.isPresent() && current.get().count() >= most) commit();
    if (current.isEmpty()) {
      while (underWay.size() >= BATCHES) await();
      Batch fresh = Batch.open(metal, queue);
      use(fresh, buffers);
      current = Optional.of(fresh);
    }
    return current.get();
  }

  /// Records a launch of `x` by `y` by `z` threadgroups, as so many dispatches that none takes long.
  void launch(MemorySegment pipeline, MemorySegment arguments, int x, int y, int z, int threadCount) {
    long each = Math.max(1, MOST_GROUPS / ((long) y * z));
    for (long first = 0; first < x; first += each) {
      Batch batch = batch();
      set(groups, Math.min(each, x - first), y, z);
      set(threads, threadCount, 1, 1);
      part.set(ValueLayout.JAVA_INT, 0, (int) first);
      part.set(ValueLayout.JAVA_INT, Integer.BYTES, x);
      record(batch.encoder, pipeline, arguments);
      batch.counted();
    }
  }

  private static void set(MemorySegment size, long x, long y, long z) {
    size.setAtIndex(ValueLayout.JAVA_LONG, 0, x);
    size.setAtIndex(ValueLayout.JAVA_LONG, 1, y);
    size.setAtIndex(ValueLayout.JAVA_LONG, 2, z);
  }

  private void record(MemorySegment encoder, MemorySegment pipeline, MemorySegment arguments) {
    MethodHandle setPipeline = messages.handle(Message.SET_PIPELINE);
    MethodHandle setBytes = messages.handle(Message.SET_BYTES);
    MethodHandle dispatch = messages.handle(Message.DISPATCH);
    long bytes = arguments.byteSize();
    ObjectiveC.call(() -> {
      setPipeline.invokeExact(encoder, pipeline);
      setBytes.invokeExact(encoder, arguments, bytes, (long) ARGUMENTS);
      setBytes.invokeExact(encoder, part, PART_BYTES, (long) PART);
      dispatch.invokeExact(encoder, groups, threads);
      return true;
    });
  }

  /// Sends what was recorded on its way.
  private void commit() {
    Batch batch = current.orElseThrow();
    current = Optional.empty();
    messages.send(Message.END, batch.encoder);
    messages.send(Message.COMMIT, batch.commands);
    metal.release(batch.encoder);
    underWay.add(batch);
    committed++;
  }

  /// Waits for the batch that was committed first.
  private void await() {
    Batch batch = underWay.remove();
    try {
      messages.send(Message.WAIT, batch.commands);
      if (messages.whole(Message.STATUS, batch.commands) != COMPLETED)
        throw new MetalException("metal: a command failed: " + metal.failure(batch.commands));
      double seconds = messages.seconds(Message.END_TIME, batch.commands) - messages.seconds(Message.START_TIME, batch.commands);
      if (seconds > LONG_SECONDS) most = Math.max(1, most / 2);
      else if (seconds < SHORT_SECONDS) most = Math.min(MOST_DISPATCHES, most * 2);
    } finally {
      metal.release(batch.commands);
    }
  }

  /// Commits everything, and waits until all of it is done.
  void drain() {
    if (current.isPresent()) commit();
    while (!underWay.isEmpty()) await();
  }

  /// Whether nothing is recorded or under way.
  boolean isIdle() { return current.isEmpty() && underWay.isEmpty(); }

  /// How many batches there were.
  long committed() { return committed; }

  /// How many dispatches the next batch may have.
  int most() { return most; }
}
