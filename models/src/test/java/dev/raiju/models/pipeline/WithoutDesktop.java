package dev.raiju.models.pipeline;

import java.io.IOException;
import java.nio.file.Path;

/// Started by a test in a JVM that has module `java.base` alone.
final class WithoutDesktop {
  private WithoutDesktop() {}

  public static void main(String[] arguments) throws IOException {
    Clip clip = Clip.of(SyntheticClips.shapes(1, 16, 16, 2).toTensor(), 16);
    if (!Sentinel.inspect(clip).isEmpty()) throw new AssertionError("a normal clip was flagged");
    clip.save(Path.of(arguments[0]));
    try {
      clip.image(0);
    } catch (NoClassDefFoundError expected) {
      System.out.println("no images here");
    }
  }
}
