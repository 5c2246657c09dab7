package dev.raiju.peers;

/// An engine that can run some of the cases of `raiju bench`.
interface Engine extends AutoCloseable {
  /// Its name and version.
  String name();

  /// Sets a case up.
  ///
  /// @param which the name of a case
  /// @param kind its type, such as `f32` or `int8dyn`
  /// @throws UnsupportedOperationException if it has no such thing
  Call prepare(String which, String kind) throws Exception;

  @Override
  void close() throws Exception;

  /// A case that can be called.
  interface Call extends AutoCloseable {
    /// One call. Its results are dropped.
    void run() throws Exception;

    @Override
    void close() throws Exception;
  }
}
