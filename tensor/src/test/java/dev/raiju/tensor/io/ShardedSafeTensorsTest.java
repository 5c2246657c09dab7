package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardedSafeTensorsTest {
  @TempDir
  Path directory;

  @BeforeEach
  void copyShards() throws Exception {
    for (String name : Fixtures.SAFETENSORS.subList(3, 5)) Fixtures.copy(name, directory);
    Fixtures.copy(Fixtures.INDEX, directory);
  }

  @Test
  void shardsTogetherAreTheWholeFile(@TempDir Path other) throws Exception {
    try (Scope _ = Scope.open();
        TensorFile whole = TensorFile.open(Fixtures.copy("weights.safetensors", other));
        TensorFile sharded = TensorFile.open(directory)) {
      assertInstanceOf(SafeTensors.class, whole);
      assertInstanceOf(ShardedSafeTensors.class, sharded);
      assertEquals(whole.entries(), sharded.entries());
      for (String name : whole.entries().keySet()) {
        assertEquals(whole.spec(name), sharded.spec(name));
        assertArrayEquals(whole.tensor(name, Device.reference()).toBytes(), sharded.tensor(name, Device.reference()).toBytes(),
            name);
      }
      assertEquals(Map.of("total_size", "1957"), sharded.metadata());
    }
  }

  @Test
  void tensorsOutliveTheFiles() throws Exception {
    TensorFile file = TensorFile.open(directory.resolve("model.safetensors.index.json"));
    try (var t = file.tensor("c.scalar", Device.reference())) {
      file.close();
      assertEquals(14.25, t.item());
      assertThrows(IllegalStateException.class, () -> file.tensor("c.scalar", Device.reference()));
    }
  }

  @Test
  void aLinkWithinTheDirectoryIsFollowed() throws Exception {
    Path shard = directory.resolve("model-00001-of-00002.safetensors");
    Path moved = Files.move(shard, Files.createDirectory(directory.resolve("blobs")).resolve("0123abcd"));
    Files.createSymbolicLink(shard, moved);
    try (TensorFile file = TensorFile.open(directory)) {
      assertEquals(15, file.entries().size());
    }
  }

  @Test
  void aDirectoryReachedThroughALinkIsRead(@TempDir Path other) throws Exception {
    Path link = Files.createSymbolicLink(other.resolve("model"), directory);
    try (TensorFile file = TensorFile.open(link)) {
      assertEquals(15, file.entries().size());
    }
  }

  @Test
  void theOnlyFileOfADirectoryIsMeant(@TempDir Path other) throws Exception {
    Fixtures.copy("fp8.safetensors", other);
    Files.writeString(other.resolve("config.json"), "{}");
    try (TensorFile file = TensorFile.open(other)) {
      assertEquals(4, file.entries().size());
    }
  }

  @Test
  void oneDamagedShardClosesTheOthers() throws Exception {
    Path shard = directory.resolve("model-00002-of-00002.safetensors");
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(bytes, bytes.length - 1));
    String message = String.valueOf(assertThrows(ModelFormatException.class, () -> TensorFile.open(directory)).getMessage());
    assertEquals(shard.toRealPath() + ": 1452 bytes of data; the header tells of 1453: the download is not complete", message);
  }
}
