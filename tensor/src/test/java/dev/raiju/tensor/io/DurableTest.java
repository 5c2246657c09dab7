package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.FaultyDisk.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DurableTest {
  private static final String OLD = "the old contents";
  private static final String NEW = "the new contents, which are longer";

  @TempDir
  Path directory;

  @Test
  void writesNewFilesAndReplacesOldOnes() throws Exception {
    Path file = directory.resolve("x");
    Durable.system().write(file, OLD);
    assertEquals(OLD, Files.readString(file));
    Durable.system().write(file, NEW);
    assertEquals(NEW, Files.readString(file));
    assertEquals(Set.of("x"), names());
  }

  @Test
  void nothingIsShownBeforeItIsForced() throws Exception {
    FaultyDisk disk = new FaultyDisk(0, Fault.BEFORE);
    Durable.on(disk).write(directory.resolve("x"), "0123456789");
    assertEquals(List.of("list", "create", "write", "write", "force", "close", "move", "force directory"), disk.calls);
  }

  /// Fails the first call, the second, and so on until a write needs fewer calls than that.
  @ParameterizedTest
  @EnumSource
  void whateverCallFailsOneOfTheTwoFilesIsThere(Fault fault) throws Exception {
    Path file = directory.resolve("x");
    int n = 1;
    for (boolean done = false; !done; n++) {
      Durable.system().write(file, OLD);
      FaultyDisk disk = new FaultyDisk(n, fault);
      IOException failure = failure(() -> Durable.on(disk).write(file, NEW));
      done = !disk.failed();
      if (done) assertEquals(null, failure);
      String found = Files.readString(file);
      assertTrue(found.equals(OLD) || found.equals(NEW), found);
      if (failure == null) assertEquals(NEW, found);
      else {
        assertInstanceOf(StorageException.class, failure);
        String message = String.valueOf(failure.getMessage());
        assertTrue(message.contains(found.equals(OLD) ? "as it was" : "replaced, but") || message.contains("for certain"),
            message);
      }
      Durable.system().write(file, NEW);
      assertEquals(Set.of("x"), names());
    }
    assertTrue(n > 10, "only " + n + " calls");
  }

  @ParameterizedTest
  @EnumSource
  void whateverCallFailsADirectoryIsThereAsAWholeOrNotAtAll(Fault fault) throws Exception {
    Path step = directory.resolve("step-1");
    int n = 1;
    for (boolean done = false; !done; n++) {
      FaultyDisk disk = new FaultyDisk(n, fault);
      IOException failure = failure(() -> stage(Durable.on(disk), step));
      done = !disk.failed();
      if (failure != null) assertInstanceOf(StorageException.class, failure);
      if (failure == null) assertTrue(Files.exists(step));
      if (Files.exists(step)) {
        assertEquals(Set.of("a", "b"), names(step));
        assertEquals(NEW, Files.readString(step.resolve("b")));
        Durable.system().remove(step);
      }
      stage(Durable.system(), directory.resolve("other"));
      assertEquals(Set.of("other"), names());
      Durable.system().remove(directory.resolve("other"));
    }
    assertTrue(n > 20, "only " + n + " calls");
  }

  @ParameterizedTest
  @EnumSource
  void whateverCallFailsRemovingLeavesNothingHalf(Fault fault) throws Exception {
    Path step = directory.resolve("step-1");
    int n = 1;
    for (boolean done = false; !done; n++) {
      if (!Files.exists(step)) stage(Durable.system(), step);
      FaultyDisk disk = new FaultyDisk(n, fault);
      IOException failure = failure(() -> Durable.on(disk).remove(step));
      done = !disk.failed();
      if (failure != null) assertInstanceOf(StorageException.class, failure);
      if (Files.exists(step)) assertEquals(Set.of("a", "b"), names(step));
      Durable.system().write(directory.resolve("x"), OLD);
      assertEquals(Files.exists(step) ? Set.of("step-1", "x") : Set.of("x"), names());
    }
    assertTrue(n > 6, "only " + n + " calls");
  }

  private static void stage(Durable durable, Path step) throws IOException {
    try (StagedDirectory staged = durable.stage(step)) {
      staged.write("a", out -> out.write(ByteBuffer.wrap(OLD.getBytes(StandardCharsets.UTF_8))));
      staged.write("b", out -> out.write(ByteBuffer.wrap(NEW.getBytes(StandardCharsets.UTF_8))));
      staged.commit();
    }
  }

  @FunctionalInterface
  private interface Action {
    void run() throws IOException;
  }

  @Nullable
  private static IOException failure(Action action) {
    try {
      action.run();
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  @Test
  void contentsThatThrowLeaveTheOldFile() throws Exception {
    Path file = directory.resolve("x");
    Durable.system().write(file, OLD);
    assertThrows(IllegalStateException.class, () -> Durable.system().write(file, out -> {
      out.write(ByteBuffer.allocate(100));
      throw new IllegalStateException("cancelled");
    }));
    assertEquals(OLD, Files.readString(file));
    assertEquals(Set.of("x"), names());
  }

  @Test
  void whatTheContentsThrowComesThroughAsItIs() throws Exception {
    Path file = directory.resolve("x");
    Durable.system().write(file, OLD);
    IOException thrown = new IOException("encoder: out of ideas");
    Durable.Contents failing = out -> {
      out.write(ByteBuffer.allocate(100));
      throw thrown;
    };
    assertSame(thrown, failure(() -> Durable.system().write(file, failing)));
    assertEquals(OLD, Files.readString(file));
    try (StagedDirectory staged = Durable.system().stage(directory.resolve("d"))) {
      assertSame(thrown, failure(() -> staged.write("a", failing)));
    }
    assertEquals(Set.of("x"), names());
  }

  @Test
  void aFailingDiskIsNamedWhateverTheContentsMakeOfIt() {
    Path file = directory.resolve("x");
    IOException failure = failure(() -> Durable.on(new FaultyDisk(3, Fault.BEFORE)).write(file, out -> {
      try {
        out.write(ByteBuffer.allocate(100));
      } catch (IOException e) {
        throw new IOException("encoder: cannot go on", e);
      }
    }));
    assertInstanceOf(StorageException.class, failure);
  }

  @Test
  void saysWhatFailedAndHowMuchSpaceThereIs() throws Exception {
    Path file = directory.resolve("absent").resolve("x");
    String message = String.valueOf(assertThrows(StorageException.class, () -> Durable.system().write(file, NEW)).getMessage());
    assertTrue(message.startsWith(file + ": not written: there is no folder "), message);
    Path there = directory.resolve("x");
    message = String.valueOf(assertThrows(StorageException.class, () -> Durable.on(new FaultyDisk(3, Fault.BEFORE)).write(there,
        NEW)).getMessage());
    assertTrue(message.matches(".*planted fault before write; \\d+ bytes are free there"), message);
  }

  @Test
  void removesWhatDeadProcessesLeftAndNothingElse() throws Exception {
    Process dead = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-version").redirectErrorStream(
        true).start();
    dead.getInputStream().readAllBytes();
    dead.waitFor();
    long parent = ProcessHandle.current().parent().orElseThrow().pid();
    Path left = directory.resolve(".raiju-" + dead.pid() + "-12.tmp");
    Files.createDirectories(left.resolve("inner"));
    Path outside = Files.writeString(Files.createTempFile("outside", ""), OLD);
    Files.createSymbolicLink(left.resolve("link"), outside);
    Files.writeString(left.resolve("inner/weights"), OLD);
    Files.writeString(directory.resolve(".raiju-" + ProcessHandle.current().pid() + "-0.tmp"), OLD);
    Set<String> kept = new TreeSet<>(Set.of(".raiju-" + parent + "-12.tmp", ".raiju-x-1.tmp", "a.raiju-1-1.tmp", "raiju.tmp"));
    for (String name : kept) Files.writeString(directory.resolve(name), OLD);
    kept.add("x");
    Durable.system().write(directory.resolve("x"), NEW);
    assertEquals(kept, names());
    assertEquals(OLD, Files.readString(outside));
    Files.delete(outside);
  }

  @Test
  void threadsThatWriteOneFileDoNotMixTheirContents() throws Exception {
    Path file = directory.resolve("x");
    Durable.system().write(file, "0".repeat(1000));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Void>> all = new ArrayList<>();
      for (int t = 0; t < 3; t++) {
        String contents = Integer.toString(t).repeat(1000);
        all.add(threads.submit((Callable<Void>) () -> {
          for (int i = 0; i < 20; i++) Durable.system().write(file, contents);
          return null;
        }));
      }
      for (int i = 0; i < 200; i++) {
        String found = Files.readString(file);
        assertEquals(String.valueOf(found.charAt(0)).repeat(1000), found);
      }
      for (Future<Void> one : all) one.get();
    }
    assertEquals(Set.of("x"), names());
  }

  @Test
  void aStagedDirectoryTellsLengthAndHash() throws Exception {
    try (StagedDirectory staged = Durable.system().stage(directory.resolve("d"))) {
      var written = staged.write("abc", out -> {
        for (byte letter : "abc".getBytes(StandardCharsets.UTF_8)) {
          out.write(ByteBuffer.wrap(new byte[] {letter}));
        }
      });
      // FIPS 180-2, appendix B.1
      assertEquals(new StagedDirectory.Written("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
          written);
      assertFalse(Files.exists(directory.resolve("d")));
    }
    assertEquals(Set.of(), names());
  }

  @Test
  void aStagedDirectoryReplacesNothing() throws Exception {
    Files.createDirectory(directory.resolve("d"));
    assertThrows(StorageException.class, () -> Durable.system().stage(directory.resolve("d")));
    try (StagedDirectory staged = Durable.system().stage(directory.resolve("e"))) {
      Files.createDirectory(directory.resolve("e"));
      assertThrows(StorageException.class, staged::commit);
    }
    assertEquals(Set.of("d", "e"), names());
  }

  @Test
  void filesStayWithinTheirStagedDirectory() throws Exception {
    try (StagedDirectory staged = Durable.system().stage(directory.resolve("d"))) {
      for (String name : List.of("", ".", "..", "a/b", "../x", "/tmp/x")) {
        assertThrows(IllegalArgumentException.class, () -> staged.write(name, _ -> {}), name);
      }
    }
  }

  @Test
  void aDirectoryIsLockedByOneAtATime() throws Exception {
    try (Disk.Lock _ = Durable.system().lock(directory)) {
      String message = assertThrows(StorageException.class, () -> Durable.system().lock(directory)).getMessage();
      assertTrue(String.valueOf(message).contains("in use by another run"), message);
    }
    Durable.system().lock(directory).close();
  }

  @Test
  void aLinkIsReplacedAndNotFollowed() throws Exception {
    Path target = Files.writeString(directory.resolve("target"), OLD);
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    Durable.system().write(link, NEW);
    assertFalse(Files.isSymbolicLink(link));
    assertEquals(OLD, Files.readString(target));
    Files.createSymbolicLink(directory.resolve("loop"), directory);
    Durable.system().remove(directory.resolve("loop"));
    assertTrue(Files.exists(target, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void aDirectoryInPlaceOfTheFileIsLeftAlone() throws Exception {
    Files.createDirectories(directory.resolve("x/y"));
    IOException failure = assertThrows(StorageException.class, () -> Durable.system().write(directory.resolve("x"), NEW));
    assertInstanceOf(FileSystemException.class, failure.getCause());
    assertEquals(Set.of("x"), names());
    assertEquals(Set.of("y"), names(directory.resolve("x")));
  }

  private Set<String> names() throws IOException { return names(directory); }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      Set<String> names = new TreeSet<>();
      all.forEach(path -> names.add(path.getFileName().toString()));
      return names;
    }
  }
}
