package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.backend.HostMemory;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private static Tensor tensor() { return Tensor.of(new float[] {1, 2, 3, 4}, 2, 2); }

  @Test
  void closesWhatWasMadeInside() {
    long before = HostMemory.liveBuffers();
    Tensor made;
    Tensor result;
    try (Scope _ = Scope.open()) {
      made = tensor();
      result = made.add(1).transpose().matmul(made).reshape(4);
      assertFalse(result.isClosed());
    }
    assertTrue(made.isClosed());
    assertTrue(result.isClosed());
    assertEquals(before, HostMemory.liveBuffers());
  }

  @Test
  void keptTensorsMoveToTheScopeAround() {
    Tensor inner;
    Tensor kept;
    try (Scope _ = Scope.open()) {
      try (Scope step = Scope.open()) {
        inner = tensor();
        kept = step.keep(tensor());
      }
      assertTrue(inner.isClosed());
      assertFalse(kept.isClosed());
    }
    assertTrue(kept.isClosed());
  }

  @Test
  void keptTensorsOfTheOutermostScopeBelongToTheCaller() {
    List<Tensor> kept;
    try (Scope scope = Scope.open()) {
      kept = scope.keep(List.of(tensor(), tensor()));
    }
    for (Tensor t : kept) {
      assertArrayEquals(new float[] {1, 2, 3, 4}, t.toFloats());
      t.close();
    }
  }

  @Test
  void keepLeavesTensorsOfOthersAlone() {
    try (Tensor outside = tensor(); Scope scope = Scope.open()) {
      assertSame(outside, scope.keep(outside));
      Tensor mine = tensor();
      try (Scope step = Scope.open()) {
        step.keep(mine);
      }
      assertFalse(mine.isClosed());
    }
  }

  @Test
  void aliasesBelongToNoScope() {
    Tensor alias;
    try (Scope _ = Scope.open()) {
      Tensor t = tensor();
      alias = t.alias();
      assertEquals(t.id(), alias.id());
    }
    assertArrayEquals(new float[] {1, 2, 3, 4}, alias.toFloats());
    alias.close();
  }

  @Test
  void scopesFormAStack() {
    Scope outer = Scope.open();
    Scope inner = Scope.open();
    assertThrows(IllegalStateException.class, outer::close);
    inner.close();
    inner.close();
    outer.close();
    try (Tensor t = tensor()) {
      assertFalse(t.isClosed());
    }
  }

  @Test
  void aScopeBelongsToItsThread() {
    try (Scope scope = Scope.open()) {
      Tensor elsewhere = CompletableFuture.supplyAsync(() -> {
        assertThrows(IllegalStateException.class, scope::close);
        return tensor();
      }).join();
      scope.close();
      assertFalse(elsewhere.isClosed());
      elsewhere.close();
    }
  }

  @Test
  void tensorsClosedEarlyAreClosedOnce() {
    long before = HostMemory.liveBuffers();
    try (Scope _ = Scope.open()) {
      Tensor t = tensor();
      t.close();
      t.close();
    }
    assertEquals(before, HostMemory.liveBuffers());
  }
}
