package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.UnsupportedOpException;
import dev.raiju.tensor.backend.Backend;
import java.util.ArrayList;
import java.util.List;

/// The backend under test, and what is known and counted of it.
final class Subject {
  final WatchedBackend watched;
  final Device device;
  final Support support;
  final Tally tally = new Tally();

  Subject(Backend backend, Support support) {
    this.watched = WatchedBackend.over(backend);
    this.device = Device.of(watched);
    this.support = support;
  }

  /// Runs a case; one for which there is neither kernel nor definition is noted, and fails if it was declared.
  ///
  /// @return whether it could run
  boolean attempt(OpCase row, DType type, Runnable work) {
    try {
      work.run();
      return true;
    } catch (UnsupportedOpException e) {
      if (support.of(row, type) == Support.Own.ALWAYS) throw new AssertionError("declared, but: " + e.getMessage(), e);
      if (!String.valueOf(e.getMessage()).contains(device.name()))
        throw new AssertionError("the message must name the backend: " + e.getMessage(), e);
      tally.absent(row, type);
      return false;
    }
  }

  /// Contiguous inputs on the device.
  List<Tensor> inputs(Sample sample) {
    List<Tensor> in = new ArrayList<>();
    for (Value value : sample.inputs()) in.add(value.on(device));
    return in;
  }
}
