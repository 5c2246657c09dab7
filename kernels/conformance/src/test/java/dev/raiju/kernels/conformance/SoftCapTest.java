package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.conformance.cases.Tolerance;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Fused;
import java.util.ArrayList;
import java.util.List;

/// How to test a fused op of one's own.
class SoftCapTest extends FusedOpConformance {
  /// `cap · tanh(x / cap)`: nearly `x` while small, never beyond the cap.
  record SoftCap(double cap) implements Fused {
    static Tensor softCap(Tensor x, double cap) { return Trace.apply(new SoftCap(cap), x); }

    @Override
    public List<Spec> infer(List<Spec> in) { return List.of(in.getFirst().requireFloat("soft_cap")); }

    @Override
    public List<Tensor> define(List<Tensor> in) { return List.of(in.getFirst().div(cap).tanh().mul(cap)); }
  }

  @Override
  protected OpCase row() {
    OpCase row = OpCase.of("soft_cap", (c, type) -> {
      double cap = c.between(1, 5);
      return Sample.of(in -> SoftCap.softCap(in.get(0), cap), c.numbers(type, c.shape())).text("cap", cap);
    });
    row = row.within(Tolerance.largest(8, 0, 3, "a quotient, a function and a product, each rounded")).gradient(Gradient.TWICE);
    row = row.special("the cap is not passed", in -> SoftCap.softCap(in.get(0), 2), List.of(Value.floats(1000, -1000, 0)), 2, -2,
        0);
    return row.refuses("soft_cap: needs a float type, got i32 [3]", in -> SoftCap.softCap(in.get(0), 2), Spec.of(DType.I32, 3));
  }

  @Override
  protected List<Device> devices() {
    List<Device> devices = new ArrayList<>(super.devices());
    devices.add(Device.of(new ExampleBackend()));
    return devices;
  }
}
