package dev.raiju.models.nn;

import dev.raiju.models.nn.ParameterMap.Kind;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Supplier;

/// A model or a part of one: it owns parameters and other modules, and says so by one method, [#map].
///
/// ```java
/// record Mlp(LinearLayer up, LinearLayer down) implements Module<Mlp> {
///   static Mlp create(Initializer init) { return new Mlp(LinearLayer.create(init, 2, 16), LinearLayer.create(init, 16, 1)); }
///
///   Tensor forward(Tensor x) { return down.forward(Elementwise.geluTanh(up.forward(x))); }
///
///   @Override
///   public Mlp map(ParameterMap p) { return new Mlp(p.module("up", up), p.module("down", down)); }
/// }
/// ```
/// Listing, copying, moving, narrowing and loading all follow from it. Parameters belong to their module and to no scope: close
/// the module when it is no longer needed. They change only by update ops.
///
/// @param <M> the module's own type
public interface Module<M extends Module<M>> extends AutoCloseable {
  /// A module of the same structure whose parameters are what `parameters` gives for those of this one. Each is named once, in a
  /// fixed order; the names are the module's own, not those of anybody's checkpoints.
  M map(ParameterMap parameters);

  /// Every parameter by its name; names of nested modules are joined by dots.
  default SequencedMap<String, Tensor> parameters() {
    LinkedHashMap<String, Tensor> found = new LinkedHashMap<>();
    map((name, parameter, _) -> {
      if (found.put(name, parameter) != null) throw new IllegalStateException("module: two parameters are called " + name);
      return parameter;
    });
    return Collections.unmodifiableSequencedMap(found);
  }

  /// How many numbers the parameters hold.
  default long parameterCount() { return parameters().values().stream().mapToLong(t -> t.shape().elements()).sum(); }

  /// This module with other parameters, in the order of [#parameters]. They stay with whoever made them.
  ///
  /// @throws IllegalArgumentException if there are more or fewer
  default M with(List<Tensor> parameters) {
    int count = parameters().size();
    if (parameters.size() != count) {
      throw new IllegalArgumentException("module: " + parameters.size() + " tensors; needs one for each of " + count
          + " parameters");
    }
    var next = parameters.iterator();
    return map((_, _, _) -> next.next());
  }

  /// A module with parameters of its own that have the same values.
  default M copy() { return converted((_, t, _) -> t.copy()); }

  /// The module on another device. What is there already is shared, and both may be closed.
  default M to(Device device) { return converted((_, t, _) -> t.to(device)); }

  /// The module with every parameter in another float type, block-quantised ones left as they are. What has the type already is
  /// shared, and both may be closed.
  default M to(DType dtype) { return converted((_, t, _) -> t.dtype().isBlock() ? t : t.to(dtype)); }

  /// The module with its matrices, the weights of products, stored in another type: a float or a block type, of which rows that its
  /// groups of 64 do not divide get groups of 32. Everything else, which decides little of the size and much of the error, is
  /// shared; both may be closed.
  default M narrow(DType dtype) { return narrow((_, spec) -> spec.size(-1) % dtype.unit() == 0 ? dtype : dtype.inGroupsOf32()); }

  /// The module with each of its matrices stored in the type that a rule gives. Everything else is shared; both may be closed.
  default M narrow(MatrixTypes types) {
    return converted((name, t, kind) -> {
      if (kind != Kind.MATRIX) return t;
      DType type = types.of(name, t.spec());
      if (t.dtype() == type) return t;
      Tensor plain = t.dtype().isBlock() ? Dequantize.dequantize(t, type.isFloat() ? type : DType.F32) : t;
      return type.isBlock() ? Quantize.quantize(plain, type) : plain.to(type);
    });
  }

  /// Chooses the type in which a matrix is stored.
  @FunctionalInterface
  interface MatrixTypes {
    /// @param name of the parameter
    /// @param now its shape, and the type that it has
    /// @return a float or a block type
    DType of(String name, Spec now);
  }

  /// The module with another type for the factors of its products: f32 as they are, rounded to bf16 or f16, or i8, which products
  /// can have whose weights are stored in blocks of 8 bits; the others are then in f32. Parameters are shared, and both may be
  /// closed.
  default M computing(DType compute) {
    return map(new ParameterMap() {
      @Override
      public Tensor apply(String name, Tensor parameter, Kind kind) { return parameter.alias(); }

      @Override
      public DType compute(DType type, Tensor weight) {
        return compute == DType.I8 && !Linear.computesInBytes(weight.dtype()) ? DType.F32 : compute;
      }
    });
  }

  /// Lets devices keep the matrices packed for their products too, which is done once and no more for every product until they are
  /// written: see [dev.raiju.tensor.backend.Buffer#keepForms]. No result changes.
  default void keepPacked() {
    map((_, t, kind) -> {
      if (kind == Kind.MATRIX) t.buffer().keepForms();
      return t;
    });
  }

  /// Writes values into the parameters, in place: what a training run goes on from. Values are cast and moved.
  ///
  /// @throws ShapeException if a name or a shape is not that of a parameter, or a parameter has no value; then nothing is written
  default void load(Map<String, Tensor> values) {
    SequencedMap<String, Tensor> parameters = parameters();
    List<String> problems = new ArrayList<>();
    parameters.forEach((name, t) -> {
      Tensor value = values.get(name);
      if (value == null) problems.add(name + ": missing");
      else if (!value.shape().equals(t.shape())) problems.add(name + ": shape " + value.shape() + "; needs " + t.shape());
    });
    values.keySet().stream().filter(name -> !parameters.containsKey(name)).forEach(name -> problems.add(name + ": unexpected"));
    if (!problems.isEmpty()) {
      throw new ShapeException("load: %d of %d parameters do not fit: %s%s", problems.size(), parameters.size(),
          String.join(", ", problems.subList(0, Math.min(5, problems.size()))), problems.size() > 5 ? ", …" : "");
    }
    values.forEach((name, value) -> {
      try (Scope scope = Scope.open()) {
        Tensor t = Objects.requireNonNull(parameters.get(name));
        Assign.assign(t, value.to(t.device()).to(t.dtype()));
      }
    });
  }

  /// Lets go of the parameters.
  @Override
  default void close() { parameters().values().forEach(Tensor::close); }

  /// A tensor that belongs to the caller and to no scope: what a module may take as its parameter.
  static Tensor owned(Supplier<Tensor> work) {
    try (Scope scope = Scope.open()) {
      return Trace.silently(work).alias();
    }
  }

  /// A module that owns what `rule` gives. A tensor that has two names stays one.
  private M converted(ParameterMap rule) {
    Map<Long, Tensor> made = new HashMap<>();
    try {
      return map((name, t, kind) -> made.computeIfAbsent(t.id(), _ -> owned(() -> rule.apply(name, t, kind))));
    } catch (RuntimeException | Error e) {
      made.values().forEach(Tensor::close);
      throw e;
    }
  }
}
