package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A directory in the making: its files are written and forced one by one under a temporary name, and [#commit] shows them all
/// at once. Closing without a commit leaves nothing.
///
/// ```java
/// try (StagedDirectory step = Durable.system().stage(runs.resolve("step-100"))) {
///   var weights = step.write("weights.safetensors", SafeTensors.contents(tensors, Map.of()));
///   step.write("manifest.json", manifest(weights));      // last, since it tells of the others
///   step.commit();
/// }
/// ```
/// Not for use by several threads.
public final class StagedDirectory implements AutoCloseable {
  private final Path target;
  private final Temporary temporary;
  private final Durable durable;
  private final Disk disk;

  /// What was written: for a manifest.
  ///
  /// @param sha256 64 hexadecimal digits
  public record Written(String name, long bytes, String sha256) {}

  private StagedDirectory(Path target, Temporary temporary, Durable durable, Disk disk) {
    this.target = target;
    this.temporary = temporary;
    this.durable = durable;
    this.disk = disk;
  }

  static StagedDirectory begin(Path target, Durable durable, Disk disk) throws IOException {
    try {
      requireNew(target);
      Temporary temporary = Temporary.in(Durable.parent(target), disk);
      boolean begun = false;
      try {
        disk.createDirectory(temporary.path());
        begun = true;
        return new StagedDirectory(target, temporary, durable, disk);
      } finally {
        if (!begun) temporary.close();
      }
    } catch (IOException e) {
      throw Durable.failure(target, "not begun", e);
    }
  }

  private static void requireNew(Path target) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) throw new FileAlreadyExistsException(target.toString());
  }

  /// Writes a file into the directory.
  ///
  /// @param name a plain file name
  /// @throws StorageException if it could not be written
  /// @throws IOException of `contents` itself
  public Written write(String name, Durable.Contents contents) throws IOException {
    Path file = temporary.path().resolve(name);
    if (!temporary.path().equals(file.getParent()) || name.equals("..") || name.equals(".")) {
      throw new IllegalArgumentException("staged directory: " + name + " is not a plain file name");
    }
    Tally tally = new Tally();
    try {
      durable.writeNew(file, out -> contents.writeTo(tally.over(out)));
    } catch (IOException e) {
      throw Durable.failure(target, "not written: " + name, e);
    }
    return new Written(name, tally.bytes, HexFormat.of().formatHex(tally.digest.digest()));
  }

  /// Shows the directory under its name.
  ///
  /// @throws StorageException if that failed; the message says whether the directory is there
  public void commit() throws IOException {
    String state = "not written";
    try {
      requireNew(target);
      disk.force(temporary.path());
      state = "not written for certain; if it is there, it is whole";
      disk.move(temporary.path(), target);
      state = "written, but may be lost if the power fails now";
      disk.force(Durable.parent(target));
    } catch (IOException e) {
      throw Durable.failure(target, state, e);
    }
  }

  /// Deletes what was not committed.
  @Override
  public void close() { temporary.close(); }

  /// Counts and hashes what goes through.
  private static final class Tally {
    private final MessageDigest digest;
    private long bytes;

    Tally() {
      try {
        this.digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }

    WritableByteChannel over(WritableByteChannel out) {
      return new WritableByteChannel() {
        @Override
        public int write(ByteBuffer buffer) throws IOException {
          bytes += buffer.remaining();
          digest.update(buffer.duplicate());
          return out.write(buffer);
        }

        @Override
        public boolean isOpen() { return out.isOpen(); }

        @Override
        public void close() throws IOException { out.close(); }
      };
    }
  }
}
