package dev.raiju.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class BufferFormsTest {
  private final HostBuffer buffer = HostMemory.allocate(64);
  private int made;

  private Buffer form(Object key) {
    return buffer.form(key, () -> {
      made++;
      return HostMemory.allocate(128);
    });
  }

  @Test
  void aFormIsMadeOnceForEachKey() {
    buffer.keepForms();
    Buffer first = form("a");
    Buffer again = form("a");
    Buffer other = form("b");
    assertSame(first, again);
    assertNotSame(first, other);
    assertEquals(2, made);
    assertEquals(3, first.owners(), "the buffer and two callers");
    first.release();
    again.release();
    other.release();
    buffer.release();
    assertEquals(0, first.owners());
    assertEquals(0, other.owners());
  }

  @Test
  void aWriteDropsFormsButNotUnderTheirUsers() {
    buffer.keepForms();
    Buffer before = form("a");
    buffer.written();
    assertEquals(1, before.owners(), "still in use");
    Buffer after = form("a");
    assertNotSame(before, after);
    before.release();
    after.release();
    buffer.release();
    assertEquals(0, before.owners());
    assertEquals(0, after.owners());
  }

  @Test
  void nothingIsKeptUnasked() {
    assertFalse(buffer.keepsForms());
    assertThrows(IllegalStateException.class, () -> form("a"));
    assertEquals(0, made);
    buffer.release();
  }

  @Test
  void whatCouldNotBeMadeIsNotKept() {
    buffer.keepForms();
    assertThrows(InsufficientMemoryException.class, () -> buffer.form("a", () -> {
      throw new InsufficientMemoryException(1, 1);
    }));
    form("a").release();
    assertEquals(1, made);
    buffer.release();
  }
}
