package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Tensors of another implementation, from a safetensors file among the test resources.
final class Golden {
  private static final Pattern ENTRY = Pattern.compile(
      "\"([^\"]+)\":\\{\"dtype\":\"(\\w+)\",\"shape\":\\[([\\d,]*)],\"data_offsets\":\\[(\\d+),(\\d+)]}");

  private record Entry(Spec spec, int begin, int end) {}

  private final byte[] file;
  private final int data;
  private final Map<String, Entry> entries = new HashMap<>();

  private Golden(byte[] file) {
    this.file = file;
    this.data = 8 + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    Matcher matcher = ENTRY.matcher(new String(file, 8, data - 8, StandardCharsets.UTF_8).replace(" ", ""));
    while (matcher.find()) {
      long[] sizes = matcher.group(3).isEmpty()
          ? new long[0]
          : Arrays.stream(matcher.group(3).split(",")).mapToLong(Long::parseLong)
              .toArray();
      Spec spec = Spec.of(DType.parse(matcher.group(2)), sizes);
      entries.put(matcher.group(1), new Entry(spec, Integer.parseInt(matcher.group(4)), Integer.parseInt(matcher.group(5))));
    }
  }

  static Golden open(String name) {
    try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name + ".safetensors")) {
      return new Golden(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Tensor tensor(String name, Device device) {
    Entry entry = entries.get(name);
    if (entry == null) throw new AssertionError("no " + name + " among " + entries.keySet());
    return Tensor.of(entry.spec(), MemorySegment.ofArray(Arrays.copyOfRange(file, data + entry.begin(), data + entry.end())),
        device);
  }

  double[] doubles(String name) { return tensor(name, Device.reference()).toDoubles(); }
}
