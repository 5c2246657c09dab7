package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.tensor.DType;
import java.util.HashMap;
import java.util.Map;

/// Which rows of the table a backend computes by kernels of its own, for which types. Immutable.
///
/// A row is a backend's own if each op of it, views aside, has a kernel. What is declared must have kernels and pass; a kernel that
/// is not declared is a failure too, so that the table is what users may rely on.
public final class Support {
  /// Whether a row has kernels in a type.
  public enum Own {
    /// For no case.
    NEVER,
    /// For some shapes or attributes, as `kernel` decides.
    SOMETIMES,
    /// For every case.
    ALWAYS
  }

  private record Key(String row, DType type) {}

  private final Own otherwise;
  private final boolean declared;
  private final Map<Key, Own> rows;

  private Support(Own otherwise, boolean declared, Map<Key, Own> rows) {
    this.otherwise = otherwise;
    this.declared = declared;
    this.rows = Map.copyOf(rows);
  }

  /// Nothing is declared: whatever has a kernel is tested as the backend's own.
  public static Support undeclared() { return new Support(Own.SOMETIMES, false, Map.of()); }

  /// No kernels at all.
  public static Support none() { return new Support(Own.NEVER, true, Map.of()); }

  /// Kernels for every row and type.
  public static Support all() { return new Support(Own.ALWAYS, true, Map.of()); }

  /// This, with kernels for a row in some types; in all its types if none is named.
  ///
  /// @throws IllegalArgumentException if there is no such row
  public Support with(String row, DType... types) { return set(row, Own.ALWAYS, types); }

  /// This, without kernels for a row in some types; in all its types if none is named.
  public Support without(String row, DType... types) { return set(row, Own.NEVER, types); }

  /// This, with kernels for some cases of a row.
  public Support partly(String row, DType... types) { return set(row, Own.SOMETIMES, types); }

  private Support set(String name, Own own, DType... types) {
    OpCase row = OpCases.named(name).orElseThrow(() -> new IllegalArgumentException("support: no row called " + name));
    Map<Key, Own> changed = new HashMap<>(rows);
    for (DType type : types.length == 0 ? row.types().toArray(DType[]::new) : types) {
      if (!row.types().contains(type)) throw new IllegalArgumentException("support: row " + name + " is not run in " + type);
      changed.put(new Key(name, type), own);
    }
    return new Support(otherwise, true, changed);
  }

  Own of(OpCase row, DType type) { return rows.getOrDefault(new Key(row.name(), type), otherwise); }

  boolean isDeclared() { return declared; }
}
