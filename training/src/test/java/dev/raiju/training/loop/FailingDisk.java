package dev.raiju.training.loop;

import dev.raiju.tensor.io.Disk;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;

/// The system's disk, but one call fails, or it is full after so many bytes.
final class FailingDisk {
  /// How the call fails.
  enum Fault {
    /// Nothing happens but the error.
    BEFORE,
    /// All of it happens, then the error.
    AFTER
  }

  private final int failing;
  private final Fault fault;
  private long room;
  private int calls;

  private FailingDisk(int failing, Fault fault, long room) {
    this.failing = failing;
    this.fault = fault;
    this.room = room;
  }

  /// @param failing which call fails, counted from 1
  static FailingDisk at(int failing, Fault fault) { return new FailingDisk(failing, fault, Long.MAX_VALUE); }

  /// @param room bytes that can still be written
  static FailingDisk full(long room) { return new FailingDisk(Integer.MAX_VALUE, Fault.BEFORE, room); }

  Disk disk() { return over(Disk.class, Disk.system()); }

  /// Whether the call that shall fail has been made.
  boolean failed() { return calls >= failing || room == 0; }

  private <T> T over(Class<T> type, T real) {
    return type.cast(Proxy.newProxyInstance(FailingDisk.class.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
      boolean fails = ++calls == failing;
      // the descriptor goes whatever is reported
      if (fails && fault == Fault.BEFORE && !method.getName().equals("close")) throw planted("before", method);
      Object result = method.getName().equals("write")
          ? write(method, real, (ByteBuffer) arguments[0])
          : call(method, real,
              arguments);
      if (fails) {
        if (result instanceof AutoCloseable held) held.close();
        throw planted("after", method);
      }
      return result instanceof Disk.Output out ? over(Disk.Output.class, out) : result;
    }));
  }

  private Object write(Method method, Object real, ByteBuffer bytes) throws Throwable {
    if (room == 0) throw new IOException("no space left on this disk");
    ByteBuffer part = bytes.slice(bytes.position(), (int) Math.min(room, bytes.remaining()));
    int count = (int) call(method, real, part);
    bytes.position(bytes.position() + count);
    room -= count;
    return count;
  }

  private static Object call(Method method, Object real, Object... arguments) throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static IOException planted(String when, Method method) {
    return new IOException("planted fault " + when + " " + method.getName());
  }
}
