package dev.raiju.tensor.io;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A second reader of GGUF headers, written from the description of the format in another way than the engine's: the whole file
/// as one buffer, arithmetic without bounds, and the data walked in order.
final class StrictGguf {
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);
  private static final Map<Integer, int[]> BLOCKS = Map.ofEntries(block(0, 1, 4), block(1, 1, 2), block(2, 32, 18), block(3, 32,
      20), block(6, 32, 22), block(7, 32, 24), block(8, 32, 34), block(10, 256, 84), block(11, 256, 110), block(12, 256, 144),
      block(13, 256, 176), block(14, 256, 210), block(24, 1, 1), block(25, 1, 2), block(26, 1, 4), block(27, 1, 8), block(28, 1,
          8), block(30, 1, 2));

  private final ByteBuffer file;
  private final List<String> lines = new ArrayList<>();
  private final Set<String> keys = new HashSet<>();
  private BigInteger alignment = BigInteger.valueOf(32);

  private StrictGguf(byte[] bytes) { this.file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN); }

  private static Map.Entry<Integer, int[]> block(int code, int values, int bytes) {
    return Map.entry(code, new int[] {values, bytes});
  }

  /// What the header says: a line for each key, one for each tensor, and the place of the data.
  static List<String> lines(byte[] bytes) throws StrictChecker.Refused {
    try {
      return new StrictGguf(bytes).read();
    } catch (BufferUnderflowException | IndexOutOfBoundsException | CharacterCodingException e) {
      throw new StrictChecker.Refused("ends early, or not UTF-8");
    }
  }

  /// The same of the engine's reader.
  static List<String> lines(GgufHeader header) {
    List<String> lines = new ArrayList<>();
    header.values().texts().keySet().forEach(key -> lines.add("key " + key));
    new TreeMap<>(header.entries()).forEach((name, entry) -> lines.add(name + " " + GgufTypes.code(entry.spec().dtype()).orElse(
        -1)
        + " " + entry.spec().shape() + " " + entry.begin()));
    lines.add("data " + header.dataBegin());
    return lines;
  }

  private List<String> read() throws StrictChecker.Refused, CharacterCodingException {
    require(file.getInt() == 0x46554747);
    int version = file.getInt();
    require(version == 2 || version == 3);
    long tensors = count();
    long pairs = count();
    for (long i = 0; i < pairs; i++) pair();
    Map<String, String> named = new TreeMap<>();
    // by place, then by end: the order in which they must lie
    Map<BigInteger, List<BigInteger>> ends = new TreeMap<>();
    for (long i = 0; i < tensors; i++) tensor(named, ends);
    lines.addAll(named.values());
    BigInteger data = padded(BigInteger.valueOf(file.position()));
    BigInteger covered = BigInteger.ZERO;
    for (var place : ends.entrySet()) {
      for (BigInteger end : place.getValue().stream().sorted().toList()) {
        require(place.getKey().compareTo(covered) >= 0 && place.getKey().compareTo(padded(covered)) <= 0);
        covered = end;
      }
    }
    BigInteger present = BigInteger.valueOf(file.limit()).subtract(data).max(BigInteger.ZERO);
    require(covered.compareTo(present) <= 0 && present.compareTo(padded(covered)) <= 0);
    lines.add("data " + data);
    return lines;
  }

  private static void require(boolean holds) throws StrictChecker.Refused {
    if (!holds) throw new StrictChecker.Refused("gguf");
  }

  private BigInteger padded(BigInteger bytes) { return bytes.add(alignment.subtract(bytes.mod(alignment)).mod(alignment)); }

  private BigInteger unsigned() { return new BigInteger(Long.toUnsignedString(file.getLong())); }

  private long count() throws StrictChecker.Refused {
    BigInteger count = unsigned();
    require(count.compareTo(BigInteger.valueOf(100_000)) <= 0);
    return count.longValue();
  }

  private String text(long most) throws StrictChecker.Refused, CharacterCodingException {
    byte[] bytes = raw(most);
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  private byte[] raw(long most) throws StrictChecker.Refused {
    BigInteger length = unsigned();
    require(length.compareTo(BigInteger.valueOf(Math.min(most, file.remaining()))) <= 0);
    byte[] bytes = new byte[length.intValue()];
    file.get(bytes);
    return bytes;
  }

  private void pair() throws StrictChecker.Refused, CharacterCodingException {
    String key = text(4096);
    require(keys.add(key));
    lines.add("key " + key);
    int kind = file.getInt();
    if (key.equals("general.alignment")) {
      require(kind == 4);
      alignment = BigInteger.valueOf(file.getInt() & 0xffffffffL);
      require(alignment.bitCount() == 1 && alignment.bitLength() <= 21);
    } else {
      value(kind, 0, true);
    }
  }

  private void value(int kind, int depth, boolean shown) throws StrictChecker.Refused, CharacterCodingException {
    switch (kind) {
      case 0, 1 -> file.get();
      case 2, 3 -> file.getShort();
      case 4, 5, 6 -> file.getInt();
      case 7 -> {
        int flag = file.get();
        require(!shown || flag == 0 || flag == 1);
      }
      case 8 -> {
        if (shown && file.getLong(file.position()) <= 65536) text(Long.MAX_VALUE);
        else raw(Long.MAX_VALUE);
      }
      case 9 -> {
        require(depth < 4);
        int inner = file.getInt();
        require(inner >= 0 && inner <= 12);
        BigInteger count = unsigned();
        boolean few = count.compareTo(BigInteger.valueOf(16)) <= 0;
        require(count.compareTo(BigInteger.valueOf(file.remaining())) <= 0);
        for (long i = 0; i < count.longValue(); i++) value(inner, depth + 1, few);
      }
      case 10, 11, 12 -> file.getLong();
      default -> require(false);
    }
  }

  private void tensor(Map<String, String> named, Map<BigInteger, List<BigInteger>> ends) throws StrictChecker.Refused,
      CharacterCodingException {
    String name = text(4096);
    int rank = file.getInt();
    require(rank >= 0 && rank <= 8);
    List<BigInteger> sizes = new ArrayList<>();
    for (int i = 0; i < rank; i++) sizes.addFirst(unsigned());
    int code = file.getInt();
    int[] block = BLOCKS.getOrDefault(code, new int[2]);
    require(block[0] > 0);
    BigInteger begin = unsigned();
    require(begin.compareTo(MAX) <= 0 && begin.mod(alignment).signum() == 0);
    BigInteger product = BigInteger.ONE;
    boolean empty = false;
    for (BigInteger size : sizes) {
      require(size.compareTo(MAX) <= 0);
      empty |= size.signum() == 0;
      product = product.multiply(size.max(BigInteger.ONE));
    }
    require(product.compareTo(MAX) <= 0);
    BigInteger[] units = (sizes.isEmpty() ? BigInteger.ONE : sizes.getLast()).divideAndRemainder(BigInteger.valueOf(block[0]));
    require(units[1].signum() == 0);
    BigInteger bytes = empty
        ? BigInteger.ZERO
        : product.divide(BigInteger.valueOf(block[0])).multiply(BigInteger.valueOf(
            block[1]));
    require(begin.add(bytes).compareTo(MAX) <= 0);
    ends.computeIfAbsent(begin, _ -> new ArrayList<>()).add(begin.add(bytes));
    require(named.put(name, name + " " + code + " " + sizes + " " + begin) == null);
  }
}
