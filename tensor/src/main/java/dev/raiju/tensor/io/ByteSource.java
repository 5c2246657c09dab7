package dev.raiju.tensor.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// What a reader of headers sees of a file: how long it is, and pieces of it.
interface ByteSource {
  long size() throws IOException;

  /// A copy of `length` bytes from `offset` on. The caller has checked both against [#size].
  byte[] read(long offset, int length) throws IOException;

  static ByteSource of(FileChannel channel) {
    return new ByteSource() {
      @Override
      public long size() throws IOException { return channel.size(); }

      @Override
      public byte[] read(long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
          if (channel.read(bytes, offset + bytes.position()) < 0) throw new EOFException("the file was cut while it was read");
        }
        return bytes.array();
      }
    };
  }
}
