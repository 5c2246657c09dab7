package dev.raiju.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Closes the tensors that were made while it was open, on this thread. Scopes form a stack.
///
/// ```java
/// try (var step = Scope.open()) {
///   Tensor loss = model.loss(batch);   // everything made on the way goes at the end
///   return step.keep(loss);            // but this goes on living, in the scope around, or with the caller
/// }
/// ```
public final class Scope implements AutoCloseable {
  private static final ThreadLocal<Scope> TOP = new ThreadLocal<>();

  private final @Nullable Scope parent;
  private final Thread thread = Thread.currentThread();
  private final List<Tensor> born = new ArrayList<>();
  private boolean closed;

  private Scope(@Nullable Scope parent) { this.parent = parent; }

  /// Opens a scope within the innermost one of this thread.
  public static Scope open() {
    Scope scope = new Scope(TOP.get());
    TOP.set(scope);
    return scope;
  }

  /// Gives a tensor that was just made to the innermost scope, or, where none is open, to the caller.
  static <T extends Tensor> T adopt(T tensor) {
    Scope top = TOP.get();
    if (top != null) top.add(tensor);
    return tensor;
  }

  private void add(Tensor tensor) {
    born.add(tensor);
    tensor.scope(this);
  }

  /// Lets a tensor outlive this scope: it moves to the scope around it, or to the caller if there is none. A tensor that was not
  /// born here stays as it is.
  public Tensor keep(Tensor tensor) {
    if (tensor.scope() != this) return tensor;
    if (parent != null) parent.add(tensor);
    else
      tensor.scope(null);
    return tensor;
  }

  /// [#keep(Tensor)] for several.
  public List<Tensor> keep(List<Tensor> tensors) {
    tensors.forEach(this::keep);
    return tensors;
  }

  /// Closes what was born here and not kept.
  ///
  /// @throws IllegalStateException if called on another thread, or while an inner scope is open
  @Override
  public void close() {
    if (closed) return;
    if (Thread.currentThread() != thread || TOP.get() != this) {
      throw new IllegalStateException("scope: closed on another thread or before a scope inside it; use try-with-resources");
    }
    closed = true;
    if (parent == null) TOP.remove();
    else
      TOP.set(parent);
    for (Tensor tensor : born) {
      if (tensor.scope() == this) tensor.close();
    }
  }
}
