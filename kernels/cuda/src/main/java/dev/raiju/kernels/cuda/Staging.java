package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import java.lang.foreign.MemorySegment;

/// Copies between host and device through pinned memory: while the device moves one piece, the host fills or empties another.
/// Pageable memory would make the driver wait, and copy through a buffer of its own.
///
/// The pieces are used in a ring, and small values lie side by side in one: a step of training that brings a few dozen of them to
/// the device waits for none.
final class Staging {
  // long enough that starting a copy does not count
  private static final long PIECE = 2 << 20;
  private static final int PIECES = 8;
  // of values in a piece: a line of the cache, so that no two share one
  private static final long ALIGNMENT = 64;

  private final CudaDriver driver;
  private final long stream;
  private final MemorySegment[] pieces = new MemorySegment[PIECES];
  // behind the last copy from or to each piece
  private final long[] events = new long[PIECES];
  private int turn;
  private long filled;

  Staging(CudaDriver driver, long stream) {
    this.driver = driver;
    this.stream = stream;
    for (int i = 0; i < PIECES; i++) {
      pieces[i] = driver.allocatePinned(PIECE);
      events[i] = driver.createEvent();
    }
  }

  synchronized void write(long target, MemorySegment source) {
    long at = 0;
    while (at < source.byteSize()) {
      if (filled >= PIECE) next();
      long bytes = Math.min(PIECE - filled, source.byteSize() - at);
      MemorySegment piece = pieces[turn].asSlice(filled, bytes);
      MemorySegment.copy(source, at, piece, 0, bytes);
      driver.copyToDevice(target + at, piece, stream);
      driver.record(events[turn], stream);
      filled += bytes + ALIGNMENT - 1 & -ALIGNMENT;
      at += bytes;
    }
  }

  synchronized void read(long source, MemorySegment target) {
    long bytes = target.byteSize();
    long count = (bytes + PIECE - 1) / PIECE;
    int before = turn;
    // a piece is asked for before the one before it is emptied
    for (long n = 0; n <= count; n++) {
      if (n < count) ask(source, n, bytes);
      if (n > 0) empty(target, n - 1, before, bytes);
      before = n < count ? turn : before;
    }
  }

  /// On to the next piece, once the device is done with it.
  private void next() {
    turn = (turn + 1) % PIECES;
    driver.await(events[turn]);
    filled = 0;
  }

  private void ask(long source, long n, long bytes) {
    next();
    driver.copyToHost(pieces[turn].asSlice(0, size(n, bytes)), source + n * PIECE, stream);
    driver.record(events[turn], stream);
    // nothing else goes in here
    filled = PIECE;
  }

  private void empty(MemorySegment target, long n, int piece, long bytes) {
    driver.await(events[piece]);
    MemorySegment.copy(pieces[piece], 0, target, n * PIECE, size(n, bytes));
  }

  private static long size(long n, long bytes) { return Math.min(PIECE, bytes - n * PIECE); }
}
