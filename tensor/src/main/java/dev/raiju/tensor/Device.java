package dev.raiju.tensor;

import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.BackendProvider;
import dev.raiju.tensor.reference.ReferenceBackend;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;

/// Where a tensor lives and its operations run.
///
/// Backends are found by `ServiceLoader`; the reference device is always there. It computes in f64 by scalar loops: it is the
/// meaning of the operations, for tests, and slow.
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
    if (found.device == null) throw new IllegalArgumentException("device: " + name + " cannot be used here: " + found.absent);
    return found.device;
  }

  /// The device to use when the user named none: the CPU backend if it is there, else the reference.
  public static Device best() { return Found.BEST; }

  /// Every backend that was found, and for those that cannot be used here, why.
  public static Map<String, String> describeAll() {
    Map<String, String> lines = new LinkedHashMap<>();
    Found.ALL.forEach((name, found) -> lines.put(name, found.device != null
        ? found.device.backend.describe()
        : "not available: " + found.absent));
    lines.put(REFERENCE.name(), REFERENCE.backend.describe());
    return lines;
  }

  public String name() { return backend.name(); }

  public Backend backend() { return backend; }

  @Override
  public String toString() { return name(); }

  /// A backend as the service loader found it: opened, or the reason why not.
  private record Found(@org.jspecify.annotations.Nullable Device device, String absent) {
    static final Map<String, Found> ALL = find();
    static final Device BEST = best();

    private static Map<String, Found> find() {
      Map<String, Found> all = new LinkedHashMap<>();
      for (BackendProvider provider : ServiceLoader.load(BackendProvider.class, Device.class.getClassLoader())) {
        Found found;
        try {
          found = new Found(new Device(provider.open()), "");
        } catch (BackendProvider.UnavailableException e) {
          found = new Found(null, String.valueOf(e.getMessage()));
        }
        all.putIfAbsent(provider.name(), found);
      }
      return all;
    }

    private static Device best() {
      Found cpu = ALL.get("cpu");
      return cpu != null && cpu.device != null ? cpu.device : REFERENCE;
    }
  }
}
