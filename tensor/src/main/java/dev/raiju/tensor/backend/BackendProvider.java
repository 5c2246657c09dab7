package dev.raiju.tensor.backend;

/// Finds one kind of backend on this machine. Found by `ServiceLoader`.
public interface BackendProvider {
  /// The backend's name, whether or not it can be opened here.
  String name();

  /// Opens the backend. Called at most once for each process.
  ///
  /// @throws UnavailableException if this machine cannot run it
  Backend open() throws UnavailableException;

  /// Says in one line why a backend cannot be used here: what was looked for and what is missing.
  final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    public UnavailableException(String reason) { super(reason); }
  }
}
