package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The numbers that GGUF files have for element types.
final class GgufTypes {
  private static final Map<Integer, DType> BY_CODE = new TreeMap<>(Map.ofEntries(Map.entry(0, DType.F32), Map.entry(1, DType.F16),
      Map.entry(2, DType.Q4_0), Map.entry(3, DType.Q4_1), Map.entry(6, DType.Q5_0), Map.entry(7, DType.Q5_1),
      Map.entry(8, DType.Q8_0), Map.entry(10, DType.Q2_K), Map.entry(11, DType.Q3_K), Map.entry(12, DType.Q4_K),
      Map.entry(13, DType.Q5_K), Map.entry(14, DType.Q6_K), Map.entry(24, DType.I8), Map.entry(25, DType.I16),
      Map.entry(26, DType.I32), Map.entry(27, DType.I64), Map.entry(28, DType.F64), Map.entry(30, DType.BF16)));
  private static final Map<DType, Integer> BY_TYPE = BY_CODE.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue,
      Map.Entry::getKey));

  static final String NAMES = BY_CODE.values().stream().map(DType::label).collect(Collectors.joining(" "));

  private GgufTypes() {}

  static Optional<DType> type(int code) { return Optional.ofNullable(BY_CODE.get(code)); }

  static Optional<Integer> code(DType type) { return Optional.ofNullable(BY_TYPE.get(type)); }
}
