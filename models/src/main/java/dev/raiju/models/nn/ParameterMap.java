package dev.raiju.models.nn;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// What a module's parameters are turned into by [Module#map], each with its name.
@FunctionalInterface
public interface ParameterMap {
  /// What a parameter is for.
  enum Kind {
    /// The weight of a product, `[out, in]`: it may be stored in a narrow or a block type.
    MATRIX,
    /// Everything else: it has the type that its module computes in.
    OTHER
  }

  /// What takes the place of a parameter.
  Tensor apply(String name, Tensor parameter, Kind kind);

  /// What takes the place of the type that products round their factors to.
  ///
  /// @param weight of the products, as it is now
  default DType compute(DType type, Tensor weight) { return type; }

  /// What takes the place of a change of low rank that rides on a matrix.
  ///
  /// @param weight the name of the matrix
  default Optional<LowRank> adapter(String weight, Optional<LowRank> now) {
    return now.map(change -> module(weight + ".lora", change));
  }

  default Tensor tensor(String name, Tensor parameter) { return apply(name, parameter, Kind.OTHER); }

  default Optional<Tensor> tensor(String name, Optional<Tensor> parameter) { return parameter.map(t -> tensor(name, t)); }

  default Tensor matrix(String name, Tensor parameter) { return apply(name, parameter, Kind.MATRIX); }

  default <M extends Module<M>> M module(String name, M module) { return module.map(new Nested(name + ".", this)); }

  /// Modules called `name.0`, `name.1` and so on.
  default <M extends Module<M>> List<M> modules(String name, List<M> modules) {
    return IntStream.range(0, modules.size()).mapToObj(i -> module(name + "." + i, modules.get(i))).toList();
  }

  /// A map for the inside of a module.
  record Nested(String prefix, ParameterMap outer) implements ParameterMap {
    @Override
    public Tensor apply(String name, Tensor parameter, Kind kind) { return outer.apply(prefix + name, parameter, kind); }

    @Override
    public DType compute(DType type, Tensor weight) { return outer.compute(type, weight); }

    @Override
    public Optional<LowRank> adapter(String weight, Optional<LowRank> now) { return outer.adapter(prefix + weight, now); }
  }
}
