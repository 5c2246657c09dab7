package dev.raiju.kernels.gpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// Tensors named to one launch: a row for each in the memory of the device, with the addresses of its operands. Their elements are
/// counted in chunks, of which a block takes one at a time.
final class TensorTable implements AutoCloseable {
  // of updates.cu
  private static final int CHUNK = 4096;
  private static final int OPERANDS = 6;
  private static final int ROW_BYTES = (2 + OPERANDS) * Long.BYTES;

  private final DeviceBuffer buffer;
  private final int rows;
  private final long chunks;

  /// @param rows for each tensor its operands, all contiguous and of one shape
  TensorTable(Gpu gpu, List<List<Operand>> rows) {
    ByteBuffer table = ByteBuffer.allocateDirect(rows.size() * ROW_BYTES).order(ByteOrder.nativeOrder());
    long first = 0;
    for (int i = 0; i < rows.size(); i++) {
      List<Operand> operands = rows.get(i);
      long elements = operands.getFirst().elements();
      table.position(i * ROW_BYTES).putLong(first).putLong(elements);
      for (Operand operand : operands) table.putLong(operand.address());
      first += (elements + CHUNK - 1) / CHUNK;
    }
    this.rows = rows.size();
    this.chunks = first;
    this.buffer = gpu.allocate(table.capacity());
    gpu.write(buffer.address(), MemorySegment.ofBuffer(table.clear()));
  }

  int rows() { return rows; }

  long chunks() { return chunks; }

  /// The beginning of every kernel's arguments.
  Arguments arguments() { return new Arguments().whole(rows).whole(chunks).whole(buffer.address()); }

  /// Blocks that take the chunks by turns.
  Grid grid(Gpu gpu) { return new Grid((int) Math.min(chunks, gpu.busyBlocks()), 1, 1, Gpu.THREADS); }

  @Override
  public void close() { buffer.close(); }
}
