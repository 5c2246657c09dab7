package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import java.lang.foreign.MemorySegment;

/// Copies between host and device through two pieces of pinned memory: while the device moves one, the host fills or empties the
/// other. Pageable memory would make the driver wait, and copy through a buffer of its own.
final class Staging {
  // long enough that starting a copy does not count
  private static final long PIECE = 8 << 20;

  private final CudaDriver driver;
  private final long stream;
  private final MemorySegment[] pieces = new MemorySegment[2];
  private final long[] events = new long[2];

  Staging(CudaDriver driver, long stream) {
    this.driver = driver;
    this.stream = stream;
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = driver.allocatePinned(PIECE);
      events[i] = driver.createEvent();
    }
  }

  synchronized void write(long target, MemorySegment source) {
    for (long at = 0, turn = 0; at < source.byteSize(); at += PIECE, turn++) {
      int i = (int) (turn % pieces.length);
      long bytes = Math.min(PIECE, source.byteSize() - at);
      // what was copied from this piece before must have left it
      driver.await(events[i]);
      MemorySegment piece = pieces[i].asSlice(0, bytes);
      MemorySegment.copy(source, at, piece, 0, bytes);
      driver.copyToDevice(target + at, piece, stream);
      driver.record(events[i], stream);
    }
  }

  synchronized void read(long source, MemorySegment target) {
    long bytes = target.byteSize();
    long pieceCount = (bytes + PIECE - 1) / PIECE;
    // a piece is asked for before the one before it is emptied
    for (long turn = 0; turn <= pieceCount; turn++) {
      if (turn < pieceCount) ask(source, turn, bytes);
      if (turn > 0) empty(target, turn - 1, bytes);
    }
  }

  private void ask(long source, long turn, long bytes) {
    int i = (int) (turn % pieces.length);
    // a write may still be on its way from here
    driver.await(events[i]);
    driver.copyToHost(pieces[i].asSlice(0, Math.min(PIECE, bytes - turn * PIECE)), source + turn * PIECE, stream);
    driver.record(events[i], stream);
  }

  private void empty(MemorySegment target, long turn, long bytes) {
    int i = (int) (turn % pieces.length);
    driver.await(events[i]);
    MemorySegment.copy(pieces[i], 0, target, turn * PIECE, Math.min(PIECE, bytes - turn * PIECE));
  }
}
