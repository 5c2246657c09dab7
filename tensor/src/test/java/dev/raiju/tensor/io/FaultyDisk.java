package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The system's disk, but one call fails, writes take only a few bytes, and every call is noted.
final class FaultyDisk implements Disk {
  /// How the call fails.
  enum Fault {
    /// Nothing happens but the error.
    BEFORE,
    /// All of it happens, or, for a write, a part; then the error.
    AFTER
  }

  final List<String> calls = new ArrayList<>();
  private final int failing;
  private final Fault fault;

  /// @param failing which call fails, counted from 1; 0 for none
  FaultyDisk(int failing, Fault fault) {
    this.failing = failing;
    this.fault = fault;
  }

  @FunctionalInterface
  private interface Call<T> {
    T run() throws IOException;
  }

  boolean failed() { return failing > 0 && calls.size() >= failing; }

  private <T> T call(String name, Call<T> call) throws IOException {
    calls.add(name);
    boolean fails = calls.size() == failing;
    if (fails && fault == Fault.BEFORE) throw new IOException("planted fault before " + name);
    T result = call.run();
    if (fails) throw new IOException("planted fault after " + name);
    return result;
  }

  private static Call<String> nothing(Action action) {
    return () -> {
      action.run();
      return "done";
    };
  }

  @FunctionalInterface
  private interface Action {
    void run() throws IOException;
  }

  @Override
  public Output create(Path file) throws IOException {
    Output out = call("create", () -> Disk.system().create(file));
    return new Output() {
      @Override
      public int write(ByteBuffer bytes) throws IOException {
        return call("write", () -> {
          ByteBuffer few = bytes.slice(bytes.position(), Math.min(7, bytes.remaining()));
          int count = out.write(few);
          bytes.position(bytes.position() + count);
          return count;
        });
      }

      @Override
      public void force() throws IOException { call("force", nothing(out::force)); }

      @Override
      public boolean isOpen() { return out.isOpen(); }

      @Override
      public void close() throws IOException {
        // the descriptor goes whatever is reported
        out.close();
        call("close", nothing(() -> {}));
      }
    };
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    call("create directory", nothing(() -> Disk.system().createDirectory(directory)));
  }

  @Override
  public void force(Path directory) throws IOException {
    call("force directory", nothing(() -> Disk.system().force(directory)));
  }

  @Override
  public void move(Path from, Path to) throws IOException { call("move", nothing(() -> Disk.system().move(from, to))); }

  @Override
  public void delete(Path path) throws IOException { call("delete", nothing(() -> Disk.system().delete(path))); }

  @Override
  public List<Path> list(Path directory) throws IOException { return call("list", () -> Disk.system().list(directory)); }

  @Override
  public Lock lock(Path file) throws IOException { return call("lock", () -> Disk.system().lock(file)); }
}
