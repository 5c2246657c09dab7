package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.tensor.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The tests of a fused op of one's own. Extend it and give the op's row:
///
/// ```java
/// class SwishTest extends FusedOpConformance {
///   @Override
///   protected OpCase row() {
///     return OpCase.of("swish", (c, type) -> Sample.of(in -> Swish.swish(in.get(0)), c.numbers(type, c.shape())))
///         .within(Tolerance.largest(8, 0, 3, "three roundings")).gradient(Gradient.TWICE);
///   }
/// }
/// ```
///
/// Its gradient is compared with difference quotients, and it runs on every device that is found here, by a kernel or by its
/// definition, against the reference.
public abstract class FusedOpConformance {
  private static final int GRADIENT_SAMPLES = 40;
  private static final int EFFORT = 200;

  /// For subclasses.
  protected FusedOpConformance() {}

  /// How the op is drawn, what its bounds are, and what it refuses.
  protected abstract OpCase row();

  /// Where it runs: on every device that can be used here.
  protected List<Device> devices() {
    List<Device> devices = new ArrayList<>();
    for (String name : Device.describeAll().keySet()) {
      try {
        devices.add(Device.named(name));
      } catch (IllegalArgumentException e) {
        System.out.println("conformance: " + row().name() + ": not run on " + name + ": " + e.getMessage());
      }
    }
    return devices;
  }

  /// The gradient, then each device.
  @TestFactory
  public final Stream<DynamicNode> conforms() {
    OpCase row = row();
    List<DynamicNode> nodes = new ArrayList<>();
    if (row.gradient() != Gradient.NONE) {
      nodes.add(DynamicTest.dynamicTest(row.name() + ": gradient matches differences", () -> {
        int checked = Differences.check(row, GRADIENT_SAMPLES, 1);
        if (checked == 0) throw new AssertionError(row.name() + ": no case had a gradient to check");
      }));
    }
    for (Device device : devices()) nodes.add(container(row, device));
    return nodes.stream();
  }

  private static DynamicContainer container(OpCase row, Device device) {
    Suite suite = new Suite(device.backend(), Support.undeclared(), EFFORT, Long.MAX_VALUE);
    Stream<DynamicNode> aspects = Arrays.stream(Aspect.values()).map(aspect -> DynamicTest.dynamicTest(row.name() + " on "
        + device + ": " + aspect
            .label(), () -> suite.check(row, aspect)));
    Stream<DynamicNode> end = Stream.of(DynamicTest.dynamicTest(row.name() + " on " + device + ": cases were run", () -> {
      suite.close();
      System.out.println(suite.tally().summary(row.name() + " on " + device));
      if (suite.tally().of(Aspect.FORWARD) == 0) throw new AssertionError(row.name() + ": ran on " + device + " in no case");
    }));
    return DynamicContainer.dynamicContainer(device.toString(), Stream.concat(aspects, end));
  }
}
