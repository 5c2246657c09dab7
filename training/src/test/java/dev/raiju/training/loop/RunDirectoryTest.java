package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RunDirectoryTest {
  private static final int ELEMENTS = 300;

  @TempDir
  Path folder;

  /// A directory with states of steps 1 and 2.
  private Path begun(String name) throws IOException {
    Path directory = folder.resolve(name);
    try (RunDirectory run = RunDirectory.open(directory)) {
      SavedStates.save(run, 1, ELEMENTS);
      SavedStates.save(run, 2, ELEMENTS);
    }
    return directory;
  }

  /// Fails the first call to the disk, the second, and so on until opening and saving need fewer calls than that.
  @ParameterizedTest
  @EnumSource
  void whateverCallFailsAStateIsThereToLoad(FailingDisk.Fault fault) throws IOException {
    int n = 1;
    for (boolean done = false; !done; n++) {
      Path directory = begun(fault + "-" + n);
      FailingDisk disk = FailingDisk.at(n, fault);
      long least = 2;
      try (RunDirectory run = RunDirectory.open(directory, Durable.on(disk.disk()))) {
        SavedStates.save(run, 3, ELEMENTS);
        least = 3;
      } catch (IOException e) {
        if (!e.getMessage().contains("lock")) assertInstanceOf(StorageException.class, e);
        assertTrue(disk.failed(), e::toString);
      }
      done = !disk.failed();
      if (done) assertEquals(3, least);
      try (RunDirectory run = RunDirectory.open(directory)) {
        assertTrue(SavedStates.newest(run, ELEMENTS) >= least, "call " + n);
        assertEquals(List.of(), run.skipped(), "call " + n);
        SavedStates.save(run, 4, ELEMENTS);
        assertEquals(4, SavedStates.newest(run, ELEMENTS));
      }
      List<String> names = SavedStates.names(directory);
      assertEquals(3, names.size(), names::toString);
      assertTrue(names.contains(".raiju.lock") && names.contains("step-00000004"), names::toString);
    }
    assertTrue(n > 25, "only " + n + " calls");
  }

  @Test
  void aFullDiskLeavesTheStatesBefore() throws IOException {
    int elements = 1 << 18;
    long bytes = 2L * 4 * elements;
    Path directory = folder.resolve("full");
    try (RunDirectory run = RunDirectory.open(directory)) {
      SavedStates.save(run, 1, elements);
    }
    int limits = 32;
    for (int limit = 0; limit < limits; limit++) {
      Durable full = Durable.on(FailingDisk.full(1 + bytes * limit / limits).disk());
      try (RunDirectory run = RunDirectory.open(directory, full)) {
        String message = assertThrows(StorageException.class, () -> SavedStates.save(run, 2, elements)).getMessage();
        assertTrue(message.contains("step-00000002: not written") && message.contains("bytes are free"), message);
        assertEquals(List.of(".raiju.lock", "step-00000001"), SavedStates.names(directory));
      }
    }
    try (RunDirectory run = RunDirectory.open(directory)) {
      assertEquals(1, SavedStates.newest(run, elements));
      SavedStates.save(run, 2, elements);
      assertEquals(2, SavedStates.newest(run, elements));
    }
  }

  @Test
  void noticesEveryFlippedBit() throws IOException {
    Path directory = begun("rotten");
    Random random = new Random(11);
    try (RunDirectory run = RunDirectory.open(directory)) {
      for (String name : List.of("state.safetensors", "facts.json", "manifest.json")) {
        Path file = directory.resolve("step-00000002").resolve(name);
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < 340; i++) {
          byte[] rotten = good.clone();
          int bit = random.nextInt(8 * good.length);
          rotten[bit / 8] ^= (byte) (1 << bit % 8);
          Files.write(file, rotten);
          assertEquals(1, SavedStates.newest(run, ELEMENTS), name + ", bit " + bit);
          assertEquals(1, run.skipped().size());
        }
        Files.write(file, good);
        assertEquals(2, SavedStates.newest(run, ELEMENTS));
      }
    }
  }

  @Test
  void aDamagedStateNeverStandsInForTheOneThatIsSaved() throws IOException {
    Path directory = begun("damaged");
    for (int step = 1; step <= 2; step++) Files.delete(directory.resolve("step-0000000" + step).resolve("facts.json"));
    try (RunDirectory run = RunDirectory.open(directory)) {
      assertEquals(0, SavedStates.newest(run, ELEMENTS));
      assertEquals(2, run.skipped().size());
      // begins anew, below, at and beyond the steps of the damaged ones
      for (long step = 0; step <= 4; step++) {
        SavedStates.save(run, step, ELEMENTS);
        assertEquals(step, SavedStates.newest(run, ELEMENTS));
      }
    }
    assertEquals(List.of(".raiju.lock", "step-00000003", "step-00000004"), SavedStates.names(directory));
  }
}
