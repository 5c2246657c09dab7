package dev.raiju.tensor;

import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.BackendProvider;
import dev.raiju.tensor.reference.ReferenceBackend;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/// Where a tensor lives and its operations run.
///
/// Backends are found by `ServiceLoader`, and opened when they are first asked for; the reference device is always there. It
/// computes in f64 by scalar loops: it is the meaning of the operations, for tests, and slow.
public final class Device {
  private static final Device REFERENCE = new Device(new ReferenceBackend());

  private final Backend backend;

  private Device(Backend backend) { this.backend = backend; }

  /// A device over a backend of one's own.
  public static Device of(Backend backend) { return new Device(backend); }

  /// The device that defines what every operation means.
  public static Device reference() { return REFERENCE; }

  /// The device of the backend called `name`.
  ///
  /// @throws IllegalArgumentException if there is none, or it cannot be used here; the message says why
  public static Device named(String name) {
    if (name.equals(REFERENCE.name())) return REFERENCE;
    Found found = Found.ALL.get(name);
    if (found == null) {
      throw new IllegalArgumentException("device: no backend called " + name + "; there are " + REFERENCE.name() + " and "
          + Found.ALL.keySet());
    }
    return found.open().orElseThrow(() -> new IllegalArgumentException("device: " + name + " cannot be used here: " + found
        .absent()));
  }

  /// The device to use when the user named none: the CPU backend if it is there, else the reference.
  public static Device best() { return Best.DEVICE; }

  /// Every backend that was found, and for those that cannot be used here, why.
  public static Map<String, String> describeAll() {
    Map<String, String> lines = new LinkedHashMap<>();
    Found.ALL.forEach((name, found) -> lines.put(name, found.open().map(device -> device.backend.describe()).orElseGet(
        () -> "not available: " + found.absent())));
    lines.put(REFERENCE.name(), REFERENCE.backend.describe());
    return lines;
  }

  public String name() { return backend.name(); }

  public Backend backend() { return backend; }

  @Override
  public String toString() { return name(); }

  /// A backend as the service loader found it, opened when it is first asked for: nobody waits for a driver that is not used.
  private static final class Found {
    static final Map<String, Found> ALL = find();

    private final BackendProvider provider;
    private Optional<Device> device = Optional.empty();
    private String absent = "";

    private Found(BackendProvider provider) { this.provider = provider; }

    private static Map<String, Found> find() {
      Map<String, Found> all = new LinkedHashMap<>();
      for (BackendProvider provider : ServiceLoader.load(BackendProvider.class, Device.class.getClassLoader()))
        all.putIfAbsent(provider.name(), new Found(provider));
      return all;
    }

    /// The device, if it can be used here; [#absent] says why not.
    synchronized Optional<Device> open() {
      if (device.isPresent() || !absent.isEmpty()) return device;
      try {
        device = Optional.of(new Device(provider.open()));
      } catch (BackendProvider.UnavailableException e) {
        absent = String.valueOf(e.getMessage());
      }
      return device;
    }

    synchronized String absent() { return absent; }
  }

  private static final class Best {
    static final Device DEVICE = Optional.ofNullable(Found.ALL.get("cpu")).flatMap(Found::open).orElse(REFERENCE);
  }
}
