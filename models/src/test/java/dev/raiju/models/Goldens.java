package dev.raiju.models;

import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The golden files of the tests, and the devices to check them on.
public final class Goldens {
  private Goldens() {}

  public static Path path(String kind) {
    try {
      return Path.of(Goldens.class.getResource("/golden/" + kind + ".safetensors").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  public static GoldenFile open(String kind, Device device) throws IOException { return GoldenFile.open(path(kind), device); }

  /// The device that defines the operations, and the one that users have.
  public static Stream<Device> devices() { return Stream.of(Device.reference(), Device.named("cpu")); }
}
