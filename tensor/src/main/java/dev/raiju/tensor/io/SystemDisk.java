package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/// The file system as the JDK gives it. The only class of the project that writes to it.
final class SystemDisk implements Disk {
  static final Disk INSTANCE = new SystemDisk();

  private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

  private SystemDisk() {}

  @Override
  public Output create(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    return new Output() {
      @Override
      public int write(ByteBuffer bytes) throws IOException { return channel.write(bytes); }

      @Override
      public void force() throws IOException { channel.force(true); }

      @Override
      public boolean isOpen() { return channel.isOpen(); }

      @Override
      public void close() throws IOException { channel.close(); }
    };
  }

  @Override
  public void createDirectory(Path directory) throws IOException { Files.createDirectory(directory); }

  @Override
  public void force(Path directory) throws IOException {
    // Windows opens no directories; its file system journals names by itself
    if (WINDOWS) return;
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void move(Path from, Path to) throws IOException { Files.move(from, to, StandardCopyOption.ATOMIC_MOVE); }

  @Override
  public void delete(Path path) throws IOException { Files.delete(path); }

  @Override
  public List<Path> list(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }

  @Override
  public Lock lock(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    boolean held = false;
    try {
      held = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // held by this process: the same as by another one
    } finally {
      if (!held) channel.close();
    }
    if (!held) throw new StorageException(file + ": in use by another run; wait for it, or choose another directory");
    return channel::close;
  }
}
