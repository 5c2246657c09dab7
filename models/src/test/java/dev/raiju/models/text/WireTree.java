package dev.raiju.models.text;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A protobuf message taken apart, to be checked or changed and put together again. Written for the tests alone: it knows nothing
/// of the reader.
final class WireTree {
  /// Which fields of a model are messages themselves.
  static final Map<Integer, Map<Integer, ?>> MODEL = Map.of(1, Map.of(), 2, Map.of(), 3, Map.of(), 5, Map.of());

  /// One field: a number for wire types 0, 1 and 5, bytes for 2, or a tree in place of the bytes.
  static final class Field {
    long tag;
    long number;
    byte[] bytes = {};
    @Nullable
    WireTree tree;
    // what the length says, if it is to lie
    long claimed = -1;

    int field() { return (int) (tag >>> 3); }

    Field copy() {
      Field copy = new Field();
      copy.tag = tag;
      copy.number = number;
      copy.bytes = bytes.clone();
      copy.tree = tree == null ? null : tree.copy();
      copy.claimed = claimed;
      return copy;
    }
  }

  final List<Field> fields = new ArrayList<>();

  @SuppressWarnings("unchecked")
  static WireTree parse(byte[] data, Map<Integer, ?> messages) {
    WireTree tree = new WireTree();
    int[] at = {0};
    while (at[0] < data.length) {
      Field field = new Field();
      field.tag = varint(data, at);
      switch ((int) (field.tag & 7)) {
        case 0 -> field.number = varint(data, at);
        case 2 -> {
          int length = Math.toIntExact(varint(data, at));
          field.bytes = Arrays.copyOfRange(data, at[0], at[0] += length);
          if (at[0] > data.length) throw new AssertionError("length past the end");
          Object inner = messages.get(field.field());
          if (inner != null) field.tree = parse(field.bytes, (Map<Integer, ?>) inner);
        }
        case 5 -> {
          for (int i = 0; i < 4; i++) field.number |= (data[at[0]++] & 0xFFL) << 8 * i;
        }
        default -> throw new AssertionError("wire type " + (field.tag & 7));
      }
      tree.fields.add(field);
    }
    return tree;
  }

  private static long varint(byte[] data, int[] at) {
    long value = 0;
    int shift = 0;
    while (true) {
      byte b = data[at[0]++];
      value |= (b & 0x7FL) << shift;
      shift += 7;
      if (b >= 0) return value;
    }
  }

  void requireOnly(int... allowed) {
    Set<Integer> known = Set.copyOf(Arrays.stream(allowed).boxed().toList());
    for (Field field : fields) {
      if (!known.contains(field.field())) throw new AssertionError("field " + field.field());
    }
  }

  WireTree copy() {
    WireTree copy = new WireTree();
    fields.forEach(field -> copy.fields.add(field.copy()));
    return copy;
  }

  byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Field field : fields) {
      write(out, field.tag);
      switch ((int) (field.tag & 7)) {
        case 0 -> write(out, field.number);
        case 1 -> little(out, field.number, 8);
        case 2 -> {
          byte[] content = field.tree == null ? field.bytes : field.tree.bytes();
          write(out, field.claimed < 0 ? content.length : field.claimed);
          out.writeBytes(content);
        }
        case 5 -> little(out, field.number, 4);
        default -> {}
      }
    }
    return out.toByteArray();
  }

  private static void little(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) out.write((int) (value >>> 8 * i));
  }

  private static void write(ByteArrayOutputStream out, long value) {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      out.write((int) left & 0x7F | 0x80);
      left >>>= 7;
    }
    out.write((int) left);
  }
}
