package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;

/// Writes files so that each is there as a whole or not at all, whatever happens to the process, and, on a system that keeps
/// its promises, to the power.
///
/// A file is written under a temporary name beside its place, forced to the disk, moved to its place in one step, and the
/// directory is forced. What a killed process leaves behind under a temporary name is removed when something is next written
/// to that directory. Processes that write to one directory should see each other as processes; otherwise they take a [#lock].
/// Safe for use by several threads.
public final class Durable {
  /// Writes the bytes of a file; every `write` to `out` takes all that it is given. What it throws of its own reaches the caller
  /// as it is; a failure of the disk comes as a [StorageException].
  @FunctionalInterface
  public interface Contents {
    void writeTo(WritableByteChannel out) throws IOException;
  }

  private static final Durable SYSTEM = new Durable(Disk.system());

  private final Disk disk;

  private Durable(Disk disk) { this.disk = disk; }

  public static Durable system() { return SYSTEM; }

  /// The same over another disk.
  public static Durable on(Disk disk) { return new Durable(disk); }

  /// Writes a file, in place of the one that may be there.
  ///
  /// @throws StorageException if it could not be written; the message says which of the two files is there
  /// @throws IOException of `contents` itself; the old file is as it was
  public void write(Path file, Contents contents) throws IOException {
    Path directory = parent(file);
    requireDirectory(file, directory);
    String state = "not written; the old file is as it was";
    try (Temporary temporary = Temporary.in(directory, disk)) {
      writeNew(temporary.path(), contents);
      state = "not replaced for certain; what is there is whole";
      disk.move(temporary.path(), file);
      state = "replaced, but the old file may be back if the power fails now";
      disk.force(directory);
    } catch (IOException e) {
      throw failure(file, state, e);
    }
  }

  /// Writes a file of these bytes.
  public void write(Path file, byte[] bytes) throws IOException { write(file, out -> out.write(ByteBuffer.wrap(bytes))); }

  /// Writes a file of this text in UTF-8.
  public void write(Path file, String text) throws IOException { write(file, text.getBytes(StandardCharsets.UTF_8)); }

  /// Makes a directory, and those around it, where there is none yet.
  ///
  /// @throws StorageException if it could not be made
  public void makeDirectory(Path directory) throws IOException {
    if (Files.isDirectory(directory)) return;
    Path around = parent(directory);
    if (!Files.isDirectory(around)) makeDirectory(around);
    try {
      disk.createDirectory(directory);
    } catch (IOException e) {
      // somebody else may have made it meanwhile
      if (!Files.isDirectory(directory)) throw failure(directory, "not made", e);
    }
  }

  /// Begins a directory that appears under its name as a whole, or not at all.
  ///
  /// @throws StorageException if it cannot be begun, or there is something of that name
  public StagedDirectory stage(Path directory) throws IOException { return StagedDirectory.begin(directory, this, disk); }

  /// Removes a file, or a directory with all that is in it: first its name, in one step, then the rest.
  ///
  /// @throws StorageException if it could not be removed, or not completely; what is left goes with the next write
  public void remove(Path path) throws IOException {
    Path directory = parent(path);
    try (Temporary temporary = Temporary.in(directory, disk)) {
      disk.move(path, temporary.path());
      disk.force(directory);
      Temporary.deleteTree(temporary.path(), disk);
    } catch (IOException e) {
      throw failure(path, Files.exists(path, LinkOption.NOFOLLOW_LINKS) ? "not removed" : "not removed completely", e);
    }
  }

  /// Takes the right to write to a directory, against other runs and processes that ask for it.
  ///
  /// @throws StorageException if another one has it
  public Disk.Lock lock(Path directory) throws IOException { return disk.lock(directory.resolve(".raiju.lock")); }

  /// Writes and forces a file that nobody looks at yet.
  void writeNew(Path file, Contents contents) throws IOException {
    try (Disk.Output out = disk.create(file)) {
      Whole whole = new Whole(out);
      try {
        contents.writeTo(whole);
      } catch (IOException e) {
        throw whole.failed ? e : new NotOurs(e);
      }
      out.force();
    }
  }

  /// What the contents threw although the disk took all that it was given.
  private static final class NotOurs extends IOException {
    private static final long serialVersionUID = 1;

    private final IOException thrown;

    NotOurs(IOException thrown) {
      super(thrown);
      this.thrown = thrown;
    }
  }

  private static void requireDirectory(Path file, Path directory) throws StorageException {
    if (!Files.isDirectory(directory)) throw new StorageException(file + ": not written: there is no folder " + directory);
  }

  static Path parent(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent(), "durable: a root directory cannot be written");
  }

  /// What the user is told: where things stand if the disk failed, and nothing but the reason if the contents did.
  static IOException failure(Path path, String state, IOException cause) {
    if (cause instanceof NotOurs contents) return contents.thrown;
    return new StorageException(path + ": " + state + ": " + cause + free(path), cause);
  }

  /// A full disk is the commonest cause.
  private static String free(Path path) {
    try {
      return "; " + Files.getFileStore(parent(path)).getUsableSpace() + " bytes are free there";
    } catch (IOException e) {
      return "";
    }
  }

  /// Takes all that it is given, where a file may take less, and remembers whether the file failed.
  private static final class Whole implements WritableByteChannel {
    private final Disk.Output out;
    private boolean failed;

    Whole(Disk.Output out) { this.out = out; }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int count = bytes.remaining();
      failed = true;
      while (bytes.hasRemaining()) {
        if (out.write(bytes) <= 0) throw new IOException("the file takes no more bytes");
      }
      failed = false;
      return count;
    }

    @Override
    public boolean isOpen() { return out.isOpen(); }

    @Override
    public void close() throws IOException { out.close(); }
  }
}
