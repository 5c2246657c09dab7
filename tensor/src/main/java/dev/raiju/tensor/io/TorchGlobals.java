package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The names that a pickle of tensors may use, each bound to a function or a type of ours. There is no way from here to any other
/// code, whatever a file says.
final class TorchGlobals {
  /// Makes a value of a callable's arguments.
  @FunctionalInterface
  private interface Maker {
    Pickled make(List<Pickled> arguments, Guard guard) throws ModelFormatException;
  }

  private static final Map<String, Maker> MAKERS = Map.of("collections.OrderedDict", TorchGlobals::dictionary, "torch.Size",
      TorchGlobals::size, "torch._utils._rebuild_tensor_v2", TorchGlobals::tensor, "torch._utils._rebuild_tensor_v3",
      TorchGlobals::typedTensor, "torch._utils._rebuild_parameter", TorchGlobals::parameter);

  private static final Map<String, DType> STORAGES = Map.of("DoubleStorage", DType.F64, "FloatStorage", DType.F32, "HalfStorage",
      DType.F16, "BFloat16Storage", DType.BF16, "LongStorage", DType.I64, "IntStorage", DType.I32, "ShortStorage", DType.I16,
      "CharStorage", DType.I8, "ByteStorage", DType.U8, "BoolStorage", DType.BOOL);

  private static final Map<String, DType> TYPES = Map.ofEntries(Map.entry("float64", DType.F64), Map.entry("float32", DType.F32),
      Map.entry("float16", DType.F16), Map.entry("bfloat16", DType.BF16), Map.entry("int64", DType.I64), Map.entry("int32",
          DType.I32), Map.entry("int16", DType.I16), Map.entry("int8", DType.I8), Map.entry("uint8", DType.U8), Map.entry("bool",
              DType.BOOL), Map.entry("uint16", DType.U16), Map.entry("uint32", DType.U32), Map.entry("uint64", DType.U64), Map
                  .entry("float8_e4m3fn", DType.F8_E4M3), Map.entry("float8_e5m2", DType.F8_E5M2));

  private static final String UNTYPED = "torch.storage.UntypedStorage";
  private static final String TORCH = "torch.";

  private TorchGlobals() {}

  /// The name as a value, if it is on the list.
  static Pickled.Global global(String name, Guard guard) throws ModelFormatException {
    boolean known = MAKERS.containsKey(name) || name.equals(UNTYPED) || storage(name).isPresent() || type(name).isPresent();
    if (!known) {
      throw guard.refusal(Reason.PICKLE_GLOBAL, "asks for %s, which is no part of a file of tensors; nothing of it was run",
          name);
    }
    return new Pickled.Global(name);
  }

  private static Optional<DType> storage(String name) { return lookup(STORAGES, name); }

  private static Optional<DType> type(String name) { return lookup(TYPES, name); }

  private static Optional<DType> lookup(Map<String, DType> table, String name) {
    return name.startsWith(TORCH) ? Optional.ofNullable(table.get(name.substring(TORCH.length()))) : Optional.empty();
  }

  /// What a callable of the list makes of its arguments.
  static Pickled call(Pickled callable, Pickled arguments, Guard guard) throws ModelFormatException {
    if (callable instanceof Pickled.Global(String name) && arguments instanceof Pickled.Tuple(List<Pickled> items)) {
      Maker maker = MAKERS.get(name);
      if (maker != null) return maker.make(items, guard);
    }
    throw wrong("a call of what is no function", guard);
  }

  /// The entry of the archive that a persistent id names: `('storage', type, key, place, count)`.
  static Pickled.Storage storage(Pickled id, Guard guard) throws ModelFormatException {
    if (id instanceof Pickled.Tuple(List<Pickled> items) && items.size() == 5 && items.get(0).equals(new Pickled.Text("storage"))
        && items.get(1) instanceof Pickled.Global(String type) && items.get(2) instanceof Pickled.Text(String key)
        && items.get(4) instanceof Pickled.Whole(long count) && count >= 0) {
      Optional<DType> elements = storage(type);
      if (elements.isPresent() || type.equals(UNTYPED)) return new Pickled.Storage(elements, key, count);
    }
    throw wrong("a reference that is no storage", guard);
  }

  private static ModelFormatException wrong(String what, Guard guard) {
    return guard.refusal(Reason.PICKLE_TYPE, "%s, in its pickle", what);
  }

  private static Pickled dictionary(List<Pickled> arguments, Guard guard) throws ModelFormatException {
    Pickled.Dictionary dictionary = new Pickled.Dictionary();
    if (arguments.isEmpty()) return dictionary;
    if (arguments.size() != 1 || !(arguments.getFirst() instanceof Pickled.Listing(List<Pickled> pairs))) {
      throw wrong("an ordered dictionary of what is no list", guard);
    }
    for (Pickled pair : pairs) {
      List<Pickled> both = pair instanceof Pickled.Listing(List<Pickled> items)
          ? items
          : pair instanceof Pickled.Tuple(List<Pickled> items) ? items : List.of();
      if (both.size() != 2) throw wrong("an ordered dictionary of what are no pairs", guard);
      dictionary.members.put(key(both.getFirst(), guard), both.getLast());
    }
    return dictionary;
  }

  /// A key of a dictionary: text or a whole number.
  static Pickled key(Pickled key, Guard guard) throws ModelFormatException {
    return switch (key) {
      case Pickled.Text _,Pickled.Whole _ -> key;
      default -> throw wrong("a key that is neither text nor a whole number", guard);
    };
  }

  private static Pickled size(List<Pickled> arguments, Guard guard) throws ModelFormatException {
    if (arguments.size() == 1 && arguments.getFirst() instanceof Pickled.Tuple sizes) return sizes;
    throw wrong("a torch.Size of what is no tuple", guard);
  }

  private static Pickled parameter(List<Pickled> arguments, Guard guard) throws ModelFormatException {
    if (arguments.size() == 3 && arguments.getFirst() instanceof Pickled.View data) return data;
    throw wrong("a parameter that is no tensor", guard);
  }

  /// `(storage, offset, sizes, strides, requires_grad, hooks)`, the type being that of the storage.
  private static Pickled tensor(List<Pickled> arguments, Guard guard) throws ModelFormatException {
    if (arguments.size() >= 6 && arguments.getFirst() instanceof Pickled.Storage storage && storage.type().isPresent()) {
      return view(storage, storage.type().get(), arguments, guard);
    }
    throw wrong("a tensor without its storage", guard);
  }

  /// `(storage, offset, sizes, strides, requires_grad, hooks, type)` over a storage of bytes.
  private static Pickled typedTensor(List<Pickled> arguments, Guard guard) throws ModelFormatException {
    if (arguments.size() >= 7 && arguments.getFirst() instanceof Pickled.Storage storage && storage.type().isEmpty()
        && arguments.get(6) instanceof Pickled.Global(String name) && type(name).isPresent()) {
      return view(storage, type(name).get(), arguments, guard);
    }
    throw wrong("a tensor without its storage or type", guard);
  }

  private static Pickled view(Pickled.Storage storage, DType type, List<Pickled> arguments, Guard guard)
      throws ModelFormatException {
    long[] sizes = wholes(arguments.get(2), guard);
    long[] strides = wholes(arguments.get(3), guard);
    if (!(arguments.get(1) instanceof Pickled.Whole(long offset)) || sizes.length != strides.length) {
      throw wrong("a tensor whose sizes are no numbers", guard);
    }
    return new Pickled.View(storage, type, offset, sizes, strides);
  }

  private static long[] wholes(Pickled tuple, Guard guard) throws ModelFormatException {
    if (!(tuple instanceof Pickled.Tuple(List<Pickled> items))) throw wrong("sizes that are no tuple", guard);
    if (items.size() > Shape.MAX_RANK) throw guard.refusal(Reason.RANK, "%d axes; at most %d", items.size(), Shape.MAX_RANK);
    long[] values = new long[items.size()];
    for (int i = 0; i < values.length; i++) {
      if (!(items.get(i) instanceof Pickled.Whole(long value))) throw wrong("a size that is no number", guard);
      values[i] = value;
    }
    return values;
  }
}
