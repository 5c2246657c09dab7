package dev.raiju.tensor;

/// An operation that the device has no kernel for and that has no definition in simpler ones.
public final class UnsupportedOpException extends UnsupportedOperationException {
  private static final long serialVersionUID = 1;

  public UnsupportedOpException(String message) { super(message); }
}
