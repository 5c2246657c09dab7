package dev.raiju.tensor.io;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The tensors of a pickle under one name each, and what else it says.
///
/// A name is the way to the tensor, its parts joined by dots. Where the outermost dictionary holds no tensor itself, but one under
/// a usual key for weights, `state_dict` and the like, that one is read and its key is left out.
///
/// @param entries by name, in the order of the pickle
/// @param metadata numbers and text
record TorchContents(Map<String, Entry> entries, Map<String, String> metadata) {
  private static final List<String> USUAL = List.of("state_dict", "model_state_dict", "model", "module", "params");
  private static final int MAX_DEPTH = 64;
  private static final int MAX_VISITS = 4_000_000;

  /// One tensor.
  ///
  /// @param begin where in the file its storage begins
  /// @param bytes of the storage
  /// @param layout how its elements lie in the storage
  record Entry(Spec spec, Layout layout, long begin, long bytes) {}

  /// @param storages where the entries of the archive lie, by key
  static TorchContents of(Pickled root, Map<String, ZipDirectory.Entry> storages, Guard guard) throws ModelFormatException {
    Collector collector = new Collector(storages, guard);
    collector.visit(weights(root), "", 0);
    guard.enter("");
    return new TorchContents(Collections.unmodifiableMap(collector.entries), Collections.unmodifiableMap(collector.metadata));
  }

  private static Pickled weights(Pickled root) {
    if (!(root instanceof Pickled.Dictionary outer) || outer.members.values().stream().anyMatch(Pickled.View.class::isInstance)) {
      return root;
    }
    for (String key : USUAL) {
      if (outer.members.get(new Pickled.Text(key)) instanceof Pickled.Dictionary inner) return inner;
    }
    return root;
  }

  private static final class Collector {
    private final Map<String, ZipDirectory.Entry> storages;
    private final Guard guard;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private int visits;

    Collector(Map<String, ZipDirectory.Entry> storages, Guard guard) {
      this.storages = storages;
      this.guard = guard;
    }

    void visit(Pickled value, String path, int depth) throws ModelFormatException {
      guard.enter(path);
      guard.check(depth <= MAX_DEPTH, Reason.PICKLE_NESTED, "nested more than %d deep", MAX_DEPTH);
      guard.check(visits++ < MAX_VISITS, Reason.PICKLE_TOO_MANY_VALUES, "more values in its pickle than tensors need");
      switch (value) {
        case Pickled.Dictionary dictionary -> {
          for (var member : dictionary.members.entrySet())
            visit(member.getValue(), within(path, text(member.getKey())), depth + 1);
        }
        case Pickled.Listing(List<Pickled> items) -> visitAll(items, path, depth);
        case Pickled.Tuple(List<Pickled> items) -> visitAll(items, path, depth);
        case Pickled.View view -> add(path, view);
        case Pickled.Text _,Pickled.Whole _,Pickled.Real _,Pickled.Flag _ -> metadata.put(path, text(value));
        case Pickled.None _,Pickled.Global _,Pickled.Storage _,Pickled.Mark _ -> {}
      }
    }

    private void visitAll(List<Pickled> items, String path, int depth) throws ModelFormatException {
      for (int i = 0; i < items.size(); i++) visit(items.get(i), within(path, Integer.toString(i)), depth + 1);
    }

    private String within(String path, String name) throws ModelFormatException {
      boolean fits = path.length() + name.length() < SafeTensorsHeader.MAX_NAME_BYTES / 3;
      String whole = path.isEmpty() ? name : path + "." + name;
      int bytes = fits ? 0 : whole.getBytes(StandardCharsets.UTF_8).length;
      guard.check(bytes <= SafeTensorsHeader.MAX_NAME_BYTES, Reason.NAME_TOO_LONG, "name of %d bytes; at most %d", bytes,
          SafeTensorsHeader.MAX_NAME_BYTES);
      return whole;
    }

    private static String text(Pickled scalar) {
      return switch (scalar) {
        case Pickled.Text(String text) -> text;
        case Pickled.Whole(long whole) -> Long.toString(whole);
        case Pickled.Real(double real) -> Double.toString(real);
        case Pickled.Flag(boolean flag) -> Boolean.toString(flag);
        default -> throw new IllegalArgumentException("not a scalar: " + scalar);
      };
    }

    private void add(String name, Pickled.View view) throws ModelFormatException {
      Pickled.Storage storage = view.storage();
      ZipDirectory.Entry stored = storages.get(storage.key());
      if (stored == null)
        throw guard.refusal(Reason.STORAGE_MISSING, "its bytes, data/%s, are not in the archive", storage.key());
      long count = elements(view, storage, stored);
      Layout layout = layout(view, count);
      Entry entry = new Entry(new Spec(view.type(), layout.shape()), layout, stored.begin(), stored.length());
      guard.check(entries.put(name, entry) == null, Reason.NAME_TWICE, "two tensors of this name");
      guard.check(entries.size() <= SafeTensorsHeader.MAX_ENTRIES, Reason.TOO_MANY_ENTRIES, "more than %d tensors",
          SafeTensorsHeader.MAX_ENTRIES);
    }

    /// How many elements of the view's type its storage has.
    private long elements(Pickled.View view, Pickled.Storage storage, ZipDirectory.Entry stored) throws ModelFormatException {
      int each = view.type().unitBytes();
      // a storage without a type counts bytes
      long unit = storage.type().isEmpty() ? 1 : each;
      guard.check(storage.count() <= stored.length() / unit, Reason.STORAGE_SIZE,
          "%d elements of %d bytes in %d bytes of data/%s",
          storage.count(), unit, stored.length(), storage.key());
      return storage.count() / (each / unit);
    }

    private Layout layout(Pickled.View view, long count) throws ModelFormatException {
      long elements = 1;
      long last = view.offset();
      boolean sane = last >= 0;
      try {
        for (long size : view.sizes()) sane &= size >= 0;
        for (long stride : view.strides()) sane &= stride >= 0;
        if (sane) {
          elements = Sizes.product(1, view.sizes());
          for (int i = 0; i < view.sizes().length; i++) {
            last = Sizes.add(last, Sizes.product(Math.max(1, view.sizes()[i]) - 1, view.strides()[i]));
          }
        }
      } catch (ArithmeticException e) {
        sane = false;
      }
      String shown = Arrays.toString(view.sizes());
      if (!sane) throw guard.refusal(Reason.SIZE_OVERFLOW, "shape %s: impossible sizes, strides or offset", shown);
      guard.check(elements == 0 || last < count, Reason.VIEW_OUTSIDE, "shape %s reaches to element %d of a storage of %d", shown,
          last, count);
      guard.check(elements <= count, Reason.VIEW_EXPANDED, "shape %s: %d elements in a storage of %d; store it contiguous", shown,
          elements, count);
      Shape shape = Shape.of(view.sizes());
      return elements == 0 ? Layout.contiguous(shape) : Layout.of(shape, view.strides(), view.offset());
    }
  }
}
