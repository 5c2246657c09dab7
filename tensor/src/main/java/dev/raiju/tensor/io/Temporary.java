package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A name for something unfinished, `.raiju-PROCESS-NUMBER.tmp`, in the directory where it shall go. Closing deletes what is
/// still there under it.
final class Temporary implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("\\.raiju-(\\d{1,18})-(\\d{1,18})\\.tmp");
  private static final Set<Long> IN_USE = ConcurrentHashMap.newKeySet();
  // not from 0: a process before this one may have had the same number
  private static final AtomicLong NEXT = new AtomicLong(System.nanoTime() >>> 16);

  private final long number = NEXT.incrementAndGet();
  private final Path path;
  private final Disk disk;

  private Temporary(Path directory, Disk disk) {
    this.path = directory.resolve(".raiju-" + ProcessHandle.current().pid() + "-" + number + ".tmp");
    this.disk = disk;
    IN_USE.add(number);
  }

  /// A new name, after whatever processes that are gone have left in the directory is deleted.
  static Temporary in(Path directory, Disk disk) throws IOException {
    for (Path path : disk.list(directory)) {
      if (isAbandoned(path)) deleteIfPossible(path, disk);
    }
    return new Temporary(directory, disk);
  }

  Path path() { return path; }

  private static boolean isAbandoned(Path path) {
    Matcher name = NAME.matcher(path.getFileName().toString());
    if (!name.matches()) return false;
    long process = Long.parseLong(name.group(1));
    return process == ProcessHandle.current().pid()
        ? !IN_USE.contains(Long.parseLong(name.group(2)))
        : ProcessHandle.of(process).isEmpty();
  }

  /// What cannot be deleted now is nobody's loss but space, and is tried again with the next write.
  private static void deleteIfPossible(Path path, Disk disk) {
    try {
      deleteTree(path, disk);
    } catch (IOException e) {
      // see above
    }
  }

  /// Deletes a file, or a directory with all that is in it. Links are deleted, not followed.
  static void deleteTree(Path path, Disk disk) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      for (Path inner : disk.list(path)) deleteTree(inner, disk);
    }
    disk.delete(path);
  }

  @Override
  public void close() {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) deleteIfPossible(path, disk);
    IN_USE.remove(number);
  }
}
