package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;

/// The few things that [Durable] does to a file system. Tests put a disk of their own in between whose calls fail, or that
/// forgets what was not forced.
public interface Disk {
  /// The file system itself.
  static Disk system() { return SystemDisk.INSTANCE; }

  /// Creates a file to write to.
  ///
  /// @throws java.nio.file.FileAlreadyExistsException if there is one
  Output create(Path file) throws IOException;

  void createDirectory(Path directory) throws IOException;

  /// Makes the entries of a directory survive a power loss, as far as the system can.
  void force(Path directory) throws IOException;

  /// Gives a file or directory another name, in one step. Replaces a file, but no directory.
  void move(Path from, Path to) throws IOException;

  /// Deletes a file or an empty directory.
  void delete(Path path) throws IOException;

  List<Path> list(Path directory) throws IOException;

  /// Holds a lock on a file, which is created if it is not there, until the result is closed or the process ends.
  ///
  /// @throws StorageException if somebody else holds it
  Lock lock(Path file) throws IOException;

  /// A file that is being written. May take fewer bytes than it is given.
  interface Output extends WritableByteChannel {
    /// Makes what was written survive a power loss.
    void force() throws IOException;
  }

  /// A lock that is held.
  interface Lock extends AutoCloseable {
    @Override
    void close() throws IOException;
  }
}
