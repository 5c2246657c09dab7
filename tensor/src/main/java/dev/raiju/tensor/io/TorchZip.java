package dev.raiju.tensor.io;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// A file that `torch.save` wrote, `.pth`, `.pt` or `.bin`: a zip archive with one pickle and one stored entry for each storage.
///
/// The pickle is read by a machine of ours that knows tensors, dictionaries, lists, numbers and text, and refuses everything
/// else by name; nothing that a file asks for is ever run. Names of nested tensors are joined by dots; below `state_dict` and its
/// like, where weights usually are, without that key. Tensors lie in the mapped file, views of a shared storage included.
public final class TorchZip implements TensorFile {
  private static final Pattern PICKLE = Pattern.compile("[^/]+/data\\.pkl");

  private final TorchContents contents;
  private final MappedFile file;

  private TorchZip(TorchContents contents, MappedFile file) {
    this.contents = contents;
    this.file = file;
  }

  /// Opens and checks a file.
  ///
  /// @throws ModelFormatException if it is not such a file, damaged, or asks for anything but tensors
  public static TorchZip open(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      TorchContents contents = read(ByteSource.of(channel), new Guard(file.toString()));
      return new TorchZip(contents, MappedFile.of(channel, file.toString()));
    }
  }

  /// What is in the file, all of it checked.
  static TorchContents read(ByteSource file, Guard guard) throws IOException {
    guard.enter("");
    checkNotLegacy(file, guard);
    Map<String, ZipDirectory.Entry> entries = ZipDirectory.read(file, guard).entries();
    String folder = folder(entries, guard);
    checkByteOrder(file, entries.get(folder + "byteorder"), guard);
    Map<String, ZipDirectory.Entry> storages = new HashMap<>();
    String data = folder + "data/";
    entries.forEach((name, entry) -> {
      if (name.startsWith(data)) storages.put(name.substring(data.length()), entry);
    });
    return TorchContents.of(Unpickler.read(pickle(file, entries, folder, guard), guard), storages, guard);
  }

  /// Before 1.6 PyTorch wrote pickles one after the other, and the bytes of the tensors after them.
  private static void checkNotLegacy(ByteSource file, Guard guard) throws IOException {
    byte[] start = file.read(0, (int) Math.min(file.size(), TensorFormat.START_BYTES));
    guard.check(!TensorFormat.isPickle(start), Reason.TORCH_LEGACY, "a bare Python pickle, PyTorch's old container from before "
        + "version 1.6; convert it with torch.save(torch.load(\"old.pth\", weights_only=True), \"new.pth\")");
  }

  /// The folder of the archive that holds the pickle, with the slash.
  private static String folder(Map<String, ZipDirectory.Entry> entries, Guard guard) throws ModelFormatException {
    List<String> found = entries.keySet().stream().filter(name -> PICKLE.matcher(name).matches()).toList();
    if (found.size() != 1) {
      throw guard.refusal(Reason.PICKLE_MISSING,
          "a zip archive with %d entries NAME/data.pkl, not a file of torch.save; needs one",
          found.size());
    }
    String name = found.getFirst();
    return name.substring(0, name.length() - "data.pkl".length());
  }

  private static void checkByteOrder(ByteSource file, ZipDirectory.@Nullable Entry entry, Guard guard)
      throws IOException {
    if (entry == null) return;
    int length = (int) Math.min(entry.length(), 16);
    String order = new String(file.read(entry.begin(), length), StandardCharsets.ISO_8859_1);
    guard.check(order.equals("little"), Reason.TORCH_BYTE_ORDER, "byte order %s; needs little", order);
  }

  private static byte[] pickle(ByteSource file, Map<String, ZipDirectory.Entry> entries, String folder, Guard guard)
      throws IOException {
    ZipDirectory.Entry entry = entries.getOrDefault(folder + "data.pkl", new ZipDirectory.Entry("", 0, 0, 0, 0, false));
    guard.check(entry.length() <= SafeTensorsHeader.MAX_BYTES, Reason.HEADER_TOO_LARGE, "pickle of %d bytes; at most %d", entry
        .length(), SafeTensorsHeader.MAX_BYTES);
    byte[] pickle = file.read(entry.begin(), Math.toIntExact(entry.length()));
    CRC32 crc = new CRC32();
    crc.update(pickle);
    guard.check(crc.getValue() == entry.crc(), Reason.ZIP_CHECKSUM, "its pickle is not the one that was stored");
    return pickle;
  }

  @Override
  public Map<String, Spec> entries() {
    Map<String, Spec> specs = LinkedHashMap.newLinkedHashMap(contents.entries().size());
    contents.entries().forEach((name, entry) -> specs.put(name, entry.spec()));
    return Collections.unmodifiableMap(specs);
  }

  /// The numbers and texts beside the tensors.
  @Override
  public Map<String, String> metadata() { return contents.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException { return entry(name).spec(); }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    TorchContents.Entry entry = entry(name);
    Layout layout = entry.layout();
    if (layout.isContiguous()) {
      return file.tensor(entry.spec(), Sizes.add(entry.begin(), entry.spec().dtype().bytes(layout.offset())), device);
    }
    return file.tensor(entry.spec().dtype(), layout, entry.begin(), entry.bytes(), device);
  }

  private TorchContents.Entry entry(String name) throws ModelFormatException {
    TorchContents.Entry entry = contents.entries().get(name);
    if (entry == null) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, toString(), name + ": not in the file" + new Nearest(name, contents
          .entries().keySet()));
    }
    return entry;
  }

  @Override
  public void close() { file.close(); }

  @Override
  public String toString() { return file.toString(); }
}
