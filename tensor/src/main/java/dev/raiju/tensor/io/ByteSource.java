package dev.raiju.tensor.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/// What a reader of headers sees of a file: how long it is, and pieces of it.
interface ByteSource {
  long size() throws IOException;

  /// A copy of `length` bytes from `offset` on. The caller has checked both against [#size].
  byte[] read(long offset, int length) throws IOException;

  static ByteSource of(byte[] file) {
    return new ByteSource() {
      @Override
      public long size() { return file.length; }

      @Override
      public byte[] read(long offset, int length) {
        int begin = Math.toIntExact(offset);
        return Arrays.copyOfRange(file, begin, begin + length);
      }
    };
  }

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
