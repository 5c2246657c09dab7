package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.LargeIndex;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Inputs that lie across 2^31 and 2^32 bytes and elements, in a sparse file of which only the touched pages are real.
final class FarPlaces implements AutoCloseable {
  private static final long[] BOUNDARIES = {1L << 31, 1L << 32};
  // room for two rows 2^32 elements of 8 bytes apart and some more
  private static final long BYTES = (1L << 36) + (1L << 20);

  private final Subject subject;
  private final long mostElements;
  private final Arena arena = Arena.ofShared();
  // one for each input of an op
  private final List<MemorySegment> memories = new ArrayList<>();

  /// @param mostElements the most that a tensor of this backend may have
  FarPlaces(Subject subject, long mostElements) {
    this.subject = subject;
    this.mostElements = mostElements;
  }

  private MemorySegment memory(int index) {
    while (memories.size() <= index) memories.add(sparse());
    return memories.get(index);
  }

  /// The file goes when the mapping does; its name is needed no longer than it takes to map it, where the system allows that.
  private MemorySegment sparse() {
    try {
      Path file = Files.createTempFile("raiju-sparse", ".bin");
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES, arena);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static boolean isPossible(Subject subject) { return subject.watched.backend() instanceof HostBackend; }

  void check(OpCase row) {
    DType type = row.types().getFirst();
    Sample sample = row.draw().sample(new Plan(new int[] {3, 1, 4, 1, 5, 2, 6}, 11, 17).open(), type);
    List<Expected> expected = Oracle.results(row, sample);
    for (long boundary : BOUNDARIES) {
      for (boolean counted : new boolean[] {false, true}) {
        for (boolean apart : new boolean[] {false, true}) {
          boolean ran = subject.attempt(row, type, () -> across(sample, boundary, counted, apart, expected));
          if (ran) subject.tally.count(Aspect.LARGE);
        }
      }
    }
    for (LargeIndex example : row.large()) large(row, example);
  }

  /// Every input begins below the boundary and ends above it, as one stretch or with its rows far apart.
  private void across(Sample sample, long boundary, boolean counted, boolean apart, List<Expected> expected) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = new ArrayList<>();
      for (Value value : sample.inputs()) in.add(place(value, memory(in.size()), boundary, counted, apart));
      Expected.check(expected, sample.op().apply(in));
    } catch (AssertionError e) {
      throw new AssertionError(sample + " across " + boundary + (counted ? " elements" : " bytes") + (apart
          ? ", rows apart: "
          : ": ") + e
              .getMessage(), e);
    }
  }

  private Tensor place(Value value, MemorySegment memory, long boundary, boolean counted, boolean apart) {
    Spec spec = value.spec();
    int unit = spec.dtype().unitBytes();
    long units = value.contents().length / unit;
    // the block types count groups
    long middle = counted ? boundary / spec.dtype().unit() : boundary / unit;
    boolean rows = apart && spec.rank() > 1 && spec.size(0) > 1 && units > 0 && value.role() != Value.Role.WRITTEN;
    if (!rows) {
      long first = middle - units / 2;
      MemorySegment.copy(MemorySegment.ofArray(value.contents()), 0, memory, first * unit, units * unit);
      Tensor line = line(memory, spec.dtype(), (first + units) * spec.dtype().unit());
      return line.slice(0, first * spec.dtype().unit(), units * spec.dtype().unit()).reshape(spec.shape());
    }
    // row i at i strides, so that the last row is beyond the boundary
    long count = spec.size(0);
    long row = units / count;
    long stride = (middle + count - 2) / (count - 1) + row;
    for (long i = 0; i < count; i++) {
      MemorySegment.copy(MemorySegment.ofArray(value.contents()), i * row * unit, memory, i * stride * unit, row * unit);
    }
    Tensor far = line(memory, spec.dtype(), count * stride * spec.dtype().unit()).reshape(count, stride * spec.dtype().unit());
    return far.slice(1, 0, row * spec.dtype().unit()).reshape(spec.shape());
  }

  /// The beginning of the file as a line of elements.
  private Tensor line(MemorySegment memory, DType type, long elements) {
    Spec spec = Spec.of(type, elements);
    return Tensor.over(spec, HostBuffer.over(memory.asSlice(0, spec.bytes()), () -> {
    }), subject.device);
  }

  private void large(OpCase row, LargeIndex example) {
    if (example.elements() > mostElements) {
      subject.tally.skip(row.name() + ": " + example.text() + ": the backend's tensors have at most " + mostElements
          + " elements");
      return;
    }
    MemorySegment memory = sparse();
    example.planted().forEach((place, value) -> Elements.setDouble(example.dtype(), memory, place, value));
    boolean ran = subject.attempt(row, example.dtype(), () -> {
      try (Scope scope = Scope.open()) {
        List<Tensor> others = new ArrayList<>();
        for (Value value : example.others()) others.add(value.on(subject.device));
        double[] got = example.op().apply(line(memory, example.dtype(), example.elements()), others).toDoubles();
        if (!Arrays.equals(example.expected(), got))
          throw new AssertionError(example.text() + ": got " + Arrays.toString(got) + ", must be " + Arrays.toString(example
              .expected()));
      }
    });
    if (ran) subject.tally.count(Aspect.LARGE);
  }

  @Override
  public void close() { arena.close(); }
}
