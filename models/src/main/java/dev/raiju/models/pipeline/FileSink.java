package dev.raiju.models.pipeline;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// Puts files in place whole: all is written to a hidden sibling, forced to the disk, and takes its name in one move. Whatever
/// fails on the way leaves the target as it was.
final class FileSink {
  private FileSink() {}

  /// Writes the contents of one file.
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /// Fills a folder.
  @FunctionalInterface
  interface FolderContent {
    void writeInto(Path folder) throws IOException;
  }

  /// Writes a file, replacing one that is there.
  static void save(Path file, Content content) throws IOException {
    Path temporary = sibling(file);
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
          OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
        content.writeTo(out);
        out.flush();
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /// Makes a folder, which must not be there or be empty.
  static void saveFolder(Path folder, FolderContent content) throws IOException {
    if (Files.exists(folder)) requireEmpty(folder);
    Path temporary = Files.createDirectory(sibling(folder));
    try {
      content.writeInto(temporary);
      // an empty folder is not replaced by a move on every system
      Files.deleteIfExists(folder);
      Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (DirectoryNotEmptyException e) {
      throw new FileAlreadyExistsException(folder.toString(), null, "somebody else wrote into it");
    } finally {
      if (Files.exists(temporary)) deleteFolder(temporary);
    }
  }

  private static void requireEmpty(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) throw new NotDirectoryException(folder.toString());
    try (Stream<Path> entries = Files.list(folder)) {
      if (entries.findAny().isPresent()) {
        throw new FileAlreadyExistsException(folder.toString(), null, "the folder is not empty; name a new one");
      }
    }
  }

  private static Path sibling(Path target) throws IOException {
    Path parent = target.toAbsolutePath().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new NoSuchFileException(target.toString(), null, "there is no folder " + parent);
    }
    return parent.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
  }

  private static void deleteFolder(Path folder) throws IOException {
    List<Path> entries;
    try (Stream<Path> listed = Files.list(folder)) {
      entries = listed.toList();
    }
    for (Path entry : entries) Files.delete(entry);
    Files.delete(folder);
  }
}
