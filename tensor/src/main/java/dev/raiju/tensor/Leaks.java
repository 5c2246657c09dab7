package dev.raiju.tensor;

import dev.raiju.tensor.backend.DebugModes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Finds tensors that were never closed, with the place where they were made. On with `-Draiju.debug=leaks`; otherwise free.
public final class Leaks {
  private static final boolean ON = DebugModes.enabled("leaks");
  // by identity: a tensor has no equals of its own
  private static final Map<Tensor, Throwable> OPEN = new ConcurrentHashMap<>();

  private Leaks() {}

  static void born(Tensor tensor) {
    if (ON) OPEN.put(tensor, new Throwable(tensor.spec() + " was made here and not closed"));
  }

  static void closed(Tensor tensor) {
    if (ON) OPEN.remove(tensor);
  }

  /// The tensors that are open now: for each its kind and where it was made.
  public static List<Throwable> open() { return List.copyOf(OPEN.values()); }
}
