package dev.raiju.bench.gpu;

import dev.raiju.kernels.conformance.BackendConformance;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.io.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;

/// The table of conformance without a test runner: its tests are made as for one, and called.
final class TableRows extends BackendConformance implements AutoCloseable {
  private static final int MESSAGE = 400;

  private final Backend backend;
  private final int effort;
  private final Map<String, DynamicContainer> rows = new LinkedHashMap<>();

  /// @param effort cases that are drawn for each row and type, beside those of fixed sizes
  TableRows(Backend backend, int effort) {
    this.backend = backend;
    this.effort = effort;
    open();
    try (Stream<DynamicNode> all = conforms()) {
      all.filter(DynamicContainer.class::isInstance).map(DynamicContainer.class::cast).forEach(row -> rows.put(row
          .getDisplayName(), row));
    }
  }

  @Override
  protected Backend backend() { return backend; }

  @Override
  protected int effort() { return effort; }

  Json.Obj check(String row) {
    DynamicContainer container = rows.get(row);
    if (container == null) throw new IllegalArgumentException("conformance: no row called " + row);
    int passed = 0;
    List<Json> failures = new ArrayList<>();
    try (Stream<? extends DynamicNode> tests = container.getChildren()) {
      for (DynamicTest test : tests.map(DynamicTest.class::cast).toList()) {
        try {
          test.getExecutable().execute();
          passed++;
        } catch (TestAbortedException e) {
          // what needs something else of the machine
        } catch (Throwable e) {
          String message = String.valueOf(e.getMessage());
          failures.add(Json.of(message.substring(0, Math.min(MESSAGE, message.length()))));
        }
      }
    }
    Json.Obj facts = Part.outcome(failures.isEmpty() ? "passed" : "failed").with("aspects", passed);
    return failures.isEmpty() ? facts : facts.with("failures", new Json.Arr(failures));
  }
}
