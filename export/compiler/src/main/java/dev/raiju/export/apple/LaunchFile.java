package dev.raiju.export.apple;

import dev.raiju.export.runtime.Bundle;
import dev.raiju.kernels.metal.MetalLaunches;
import dev.raiju.kernels.metal.MetalLaunches.Address;
import dev.raiju.kernels.metal.MetalLaunches.Launch;
import dev.raiju.kernels.metal.MetalLaunches.Lowered;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.UnsupportedOpException;
import dev.raiju.tensor.graph.Graph;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.TakeAlong;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/// `launches.json`: what Metal is asked to do for each operation of a bundle's plans. `export/FORMAT.md` says what is in it.
///
/// @param json the file
/// @param kernels the files with kernels that it names
/// @param scratchBytes that a plan needs beside its memory, at most
record LaunchFile(Json.Obj json, SortedSet<String> kernels, long scratchBytes) {
  static final String NAME = "launches.json";
  private static final String FORMAT = "raiju-launches";
  private static final int VERSION = 1;
  // a command buffer that keeps a phone's GPU for seconds is stopped by the system: at two thirds of its peak rate, half a second
  private static final double FLOPS_OF_COMMANDS = 0.75e12;

  LaunchFile { kernels = Collections.unmodifiableSortedSet(kernels); }

  /// @param plans of a bundle, by name, planned for [MetalLaunches#device]
  /// @throws UnsupportedOpException if a plan asks for something that no package runs
  static LaunchFile of(SequencedMap<String, PlacedGraph> plans) {
    SortedSet<String> kernels = new TreeSet<>();
    List<Json> weights = new ArrayList<>();
    Json.Obj all = Json.object();
    long most = 0;
    for (var plan : plans.entrySet()) {
      Graph graph = plan.getValue().graph();
      for (Value value : graph.values()) if (value instanceof Value.Weight weight) weights.add(Json.of(weight.bytes()));
      List<Json> nodes = new ArrayList<>();
      List<Json> indices = new ArrayList<>();
      long scratch = 0;
      double flops = 0;
      for (Node node : graph.nodes()) {
        Lowered lowered = MetalLaunches.of(graph, node);
        lowered.launches().forEach(launch -> kernels.add(launch.file()));
        scratch = Math.max(scratch, lowered.scratchBytes());
        indices(plan.getKey(), graph, node).ifPresent(indices::add);
        flops += node.op().cost(node.specs()).flops();
        Json.Obj json = Json.object().with("launches", new Json.Arr(lowered.launches().stream().map(LaunchFile::launch)
            .toList()));
        nodes.add(flops < FLOPS_OF_COMMANDS ? json : json.with("ends", true));
        if (flops >= FLOPS_OF_COMMANDS) flops = 0;
      }
      most = Math.max(most, scratch);
      all = all.with(plan.getKey(), Json.object().with("scratch", scratch).with("indices", new Json.Arr(indices)).with("nodes",
          new Json.Arr(nodes)));
    }
    Json.Obj json = Json.object().with("format", FORMAT).with("version", VERSION).with("weights", new Json.Arr(weights)).with(
        "plans", all);
    return new LaunchFile(json, kernels, most);
  }

  /// What a node reads through: the player looks at the tokens of a text, and at no other indices.
  private static Optional<Json> indices(String plan, Graph graph, Node node) {
    boolean gathers = node.op() instanceof Gather || node.op() instanceof TakeAlong;
    if (!gathers) return Optional.empty();
    int axis = node.op() instanceof Gather(int along) ? along : node.op() instanceof TakeAlong(int along) ? along : 0;
    var use = node.in().get(1);
    boolean known = plan.equals(Bundle.TEXT) && use.dtype() == DType.I32 && graph.values().get(use
        .value()) instanceof Value.Input(String name, _) && name.equals("ids");
    if (!known)
      throw new UnsupportedOpException("export: " + node.op().name() + " in plan " + plan
          + ": by indices that are computed; a package looks at the tokens of a text alone");
    return Optional.of(Json.object().with("value", use.value()).with("below", node.in().getFirst().layout().shape().size(axis)));
  }

  private static Json launch(Launch launch) {
    List<Json> addresses = new ArrayList<>();
    for (Address address : launch.addresses()) {
      addresses.add(Json.of(address.at()));
      addresses.add(Json.of(address.value()));
      addresses.add(Json.of(address.offset()));
    }
    return Json.object().with("file", launch.file()).with("kernel", launch.kernel()).with("groups", Json.array(Json.of(launch
        .x()), Json.of(launch.y()), Json.of(launch.z()))).with("threads", launch.threads()).with("bytes", launch.arguments()
            .remaining()).with("arguments", hex(launch.arguments())).with("addresses", new Json.Arr(addresses));
  }

  /// Two digits a byte, without the zeros at the end.
  private static String hex(ByteBuffer arguments) {
    int end = arguments.remaining();
    while (end > 0 && arguments.get(end - 1) == 0) end--;
    byte[] bytes = new byte[end];
    arguments.get(0, bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
