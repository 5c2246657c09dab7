package dev.raiju.tensor.backend;

/// Launches that a backend keeps, with everything that they read and write in its place.
public interface Recording extends AutoCloseable {
  /// Does all of it, after what was launched before.
  void run();

  /// Gives back what it took, once it is done for the last time.
  @Override
  void close();
}
