package dev.raiju.bench;

import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// The same computation in f64, on the numbers as they were before they were narrowed or quantised: an error against it is the
/// whole price of a type.
final class Exact {
  /// The reference device with faster products.
  static final Device DEVICE = Device.of(new ExactBackend());

  private Exact() {}

  /// A copy in f64.
  static Tensor of(Tensor t) { return t.to(DEVICE).to(DType.F64); }

  /// A copy in f64, owned by the caller.
  static <M extends Module<M>> M of(M module) {
    try (M moved = module.to(DEVICE)) {
      return moved.to(DType.F64);
    }
  }

  /// `‖ours - exact‖ / ‖exact‖` over all elements of all tensors.
  static double error(List<Tensor> ours, List<Tensor> exact) {
    double distance = 0;
    double length = 0;
    for (int i = 0; i < ours.size(); i++) {
      double[] a = ours.get(i).toDoubles();
      double[] b = exact.get(i).toDoubles();
      if (a.length != b.length)
        throw new IllegalArgumentException("error: " + ours.get(i).spec() + " and " + exact.get(i).spec() + ": sizes differ");
      for (int j = 0; j < a.length; j++) {
        distance += (a[j] - b[j]) * (a[j] - b[j]);
        length += b[j] * b[j];
      }
    }
    return Math.sqrt(distance / length);
  }

  static double error(Tensor ours, Tensor exact) { return error(List.of(ours), List.of(exact)); }
}
