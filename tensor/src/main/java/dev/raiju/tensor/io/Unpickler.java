package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs the stack machine of a Python pickle as far as tensors need it: an opcode, a name or a call that is not on our lists ends
/// it. <https://github.com/python/cpython/blob/main/Lib/pickletools.py> describes the opcodes.
final class Unpickler {
  static final int MAX_STACK = 10_000;
  static final int MAX_MEMO = 1 << 20;
  /// Values that may be made besides one for every few bytes of the pickle: small ones shall not become large in memory.
  static final int FREE_VALUES = 500_000;
  static final int BYTES_A_VALUE = 8;

  private static final Pickled NONE = new Pickled.None();
  private static final Pickled MARK = new Pickled.Mark();
  private static final Pickled TRUE = new Pickled.Flag(true);
  private static final Pickled FALSE = new Pickled.Flag(false);
  private static final Pickled EMPTY = new Pickled.Tuple(List.of());
  private static final int PROTOCOL = 5;

  private final ByteBuffer pickle;
  private final Guard guard;
  private final List<Pickled> stack = new ArrayList<>();
  private @Nullable Pickled[] memo = new Pickled[64];
  private int memoized;
  private long valuesLeft;

  private Unpickler(byte[] pickle, Guard guard) {
    this.pickle = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    this.guard = guard;
    this.valuesLeft = FREE_VALUES + (long) pickle.length / BYTES_A_VALUE;
  }

  /// The value that a pickle describes.
  static Pickled read(byte[] pickle, Guard guard) throws ModelFormatException {
    Unpickler machine = new Unpickler(pickle, guard);
    while (true) {
      int opcode = machine.u8();
      if (opcode == '.') return machine.result();
      machine.step(opcode);
    }
  }

  private Pickled result() throws ModelFormatException {
    Pickled result = pop();
    guard.check(stack.isEmpty(), Reason.PICKLE_STACK, "%d values too many at the end of its pickle", stack.size());
    guard.check(!pickle.hasRemaining(), Reason.PICKLE_TRAILING, "%d bytes after the end of its pickle", pickle.remaining());
    return result;
  }

  private void step(int opcode) throws ModelFormatException {
    switch (opcode) {
      case 0x80 -> {
        int protocol = u8();
        guard.check(protocol <= PROTOCOL, Reason.PICKLE_PROTOCOL, "pickle protocol %d; at most %d", protocol, PROTOCOL);
      }
      // a frame's length says nothing that the opcodes do not say
      case 0x95 -> i64();
      case '(' -> push(MARK);
      case '0' -> pop();
      case 'N' -> push(NONE);
      case 0x88 -> push(TRUE);
      case 0x89 -> push(FALSE);
      case 'K' -> made(new Pickled.Whole(u8()));
      case 'M' -> made(new Pickled.Whole(u16()));
      case 'J' -> made(new Pickled.Whole(i32()));
      case 0x8a -> made(new Pickled.Whole(longOfBytes(u8())));
      case 'G' -> made(new Pickled.Real(ByteBuffer.wrap(bytes(8)).getDouble()));
      case 'X' -> made(new Pickled.Text(text(u32())));
      case 0x8c -> made(new Pickled.Text(text(u8())));
      case '}' -> made(new Pickled.Dictionary());
      case ']' -> made(new Pickled.Listing(new ArrayList<>(0)));
      case ')' -> push(EMPTY);
      case 't' -> made(new Pickled.Tuple(group()));
      case 0x85, 0x86, 0x87 -> made(new Pickled.Tuple(last(opcode - 0x84)));
      case 'a' -> append(last(1));
      case 'e' -> append(group());
      case 's' -> put(last(2));
      case 'u' -> put(group());
      case 'c' -> made(TorchGlobals.global(line() + "." + line(), guard));
      case 0x93 -> global(last(2));
      case 'Q' -> made(TorchGlobals.storage(pop(), guard));
      case 'R' -> call(last(2));
      case 'b' -> build();
      default -> memoize(opcode);
    }
  }

  private void memoize(int opcode) throws ModelFormatException {
    switch (opcode) {
      case 0x94 -> store(memoized);
      case 'q' -> store(u8());
      case 'r' -> store(u32());
      case 'h' -> push(recall(u8()));
      case 'j' -> push(recall(u32()));
      default -> throw guard.refusal(Reason.PICKLE_OPCODE, "opcode 0x%02x at byte %d of its pickle; tensors need no such opcode",
          opcode, pickle.position() - 1);
    }
  }

  // ---- bytes

  private void require(long count) throws ModelFormatException {
    if (count > pickle.remaining()) {
      throw guard.refusal(Reason.PICKLE_ENDS_EARLY, "its pickle ends at byte %d, where %d more are needed", pickle.limit(), count
          - pickle.remaining());
    }
  }

  private int u8() throws ModelFormatException {
    require(1);
    return pickle.get() & 0xff;
  }

  private int u16() throws ModelFormatException {
    require(2);
    return pickle.getShort() & 0xffff;
  }

  private int i32() throws ModelFormatException {
    require(4);
    return pickle.getInt();
  }

  private long u32() throws ModelFormatException { return i32() & 0xffff_ffffL; }

  private long i64() throws ModelFormatException {
    require(8);
    return pickle.getLong();
  }

  private byte[] bytes(long count) throws ModelFormatException {
    require(count);
    byte[] bytes = new byte[(int) count];
    pickle.get(bytes);
    return bytes;
  }

  /// A number of any length, which must fit in 64 bits.
  private long longOfBytes(int count) throws ModelFormatException {
    byte[] bytes = bytes(count);
    if (count <= 8) {
      long value = count > 0 && bytes[count - 1] < 0 ? -1 : 0;
      for (int i = count - 1; i >= 0; i--) value = value << 8 | bytes[i] & 0xff;
      return value;
    }
    for (int i = 0; i < count / 2; i++) {
      byte low = bytes[i];
      bytes[i] = bytes[count - 1 - i];
      bytes[count - 1 - i] = low;
    }
    BigInteger value = new BigInteger(bytes);
    if (value.bitLength() > 63) throw guard.refusal(Reason.PICKLE_NUMBER, "a number of %d bits", value.bitLength());
    return value.longValue();
  }

  private String text(long count) throws ModelFormatException {
    int begin = pickle.position();
    return Utf8.text(bytes(count), begin, guard);
  }

  /// The text up to the next end of a line.
  private String line() throws ModelFormatException {
    int begin = pickle.position();
    while (u8() != '\n') {}
    byte[] line = Arrays.copyOfRange(pickle.array(), begin, pickle.position() - 1);
    return new String(line, StandardCharsets.UTF_8);
  }

  // ---- stack and memo

  private void push(Pickled value) throws ModelFormatException {
    guard.check(stack.size() < MAX_STACK, Reason.PICKLE_DEPTH, "more than %d values on the stack of its pickle", MAX_STACK);
    stack.add(value);
  }

  /// Pushes a value that takes memory of its own.
  private void made(Pickled value) throws ModelFormatException {
    count(1);
    push(value);
  }

  private void count(int values) throws ModelFormatException {
    valuesLeft -= values;
    guard.check(valuesLeft >= 0, Reason.PICKLE_TOO_MANY_VALUES, "more values in its pickle than tensors need");
  }

  private Pickled pop() throws ModelFormatException {
    if (stack.isEmpty()) throw tooFew();
    return stack.removeLast();
  }

  private ModelFormatException tooFew() {
    return guard.refusal(Reason.PICKLE_UNDERFLOW, "too few values on the stack of its pickle, at byte %d", pickle.position());
  }

  /// Takes the last few values, none of them a mark.
  private List<Pickled> last(int count) throws ModelFormatException {
    List<Pickled> values = stack.subList(Math.max(0, stack.size() - count), stack.size());
    if (values.size() < count || values.contains(MARK)) throw tooFew();
    return taken(values);
  }

  /// Takes the values after the last mark, and the mark.
  private List<Pickled> group() throws ModelFormatException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw tooFew();
    List<Pickled> values = taken(stack.subList(mark + 1, stack.size()));
    stack.removeLast();
    return values;
  }

  private static List<Pickled> taken(List<Pickled> top) {
    List<Pickled> values = List.copyOf(top);
    top.clear();
    return values;
  }

  private void store(long index) throws ModelFormatException {
    if (index >= MAX_MEMO) {
      throw guard.refusal(Reason.PICKLE_MEMO, "value %d to be remembered; at most %d", index, MAX_MEMO);
    }
    if (stack.isEmpty()) throw tooFew();
    int at = (int) index;
    if (at >= memo.length) memo = Arrays.copyOf(memo, Math.max(at + 1, 2 * memo.length));
    if (memo[at] == null) memoized++;
    memo[at] = stack.getLast();
  }

  private Pickled recall(long index) throws ModelFormatException {
    Pickled value = index < memo.length ? memo[(int) index] : null;
    if (value == null) throw guard.refusal(Reason.PICKLE_UNREMEMBERED, "value %d, which its pickle did not remember", index);
    return value;
  }

  // ---- what changes values

  private ModelFormatException wrong(String what) {
    return guard.refusal(Reason.PICKLE_TYPE, "%s, at byte %d of its pickle", what, pickle.position());
  }

  private Pickled top() throws ModelFormatException {
    if (stack.isEmpty()) throw tooFew();
    return stack.getLast();
  }

  private void append(List<Pickled> items) throws ModelFormatException {
    if (!(top() instanceof Pickled.Listing(List<Pickled> list))) throw wrong("items for what is no list");
    count(items.size());
    list.addAll(items);
  }

  private void put(List<Pickled> pairs) throws ModelFormatException {
    if (!(top() instanceof Pickled.Dictionary dictionary) || pairs.size() % 2 != 0) throw wrong("members for what has none");
    count(pairs.size() / 2);
    for (int i = 0; i < pairs.size(); i += 2) {
      dictionary.members.put(TorchGlobals.key(pairs.get(i), guard), pairs.get(i + 1));
    }
  }

  private void global(List<Pickled> names) throws ModelFormatException {
    if (!(names.get(0) instanceof Pickled.Text(String module)) || !(names.get(1) instanceof Pickled.Text(String name))) {
      throw wrong("a name that is no text");
    }
    made(TorchGlobals.global(module + "." + name, guard));
  }

  private void call(List<Pickled> both) throws ModelFormatException {
    made(TorchGlobals.call(both.get(0), both.get(1), guard));
  }

  /// The attributes of a dictionary, such as the versions of its modules, are nobody's concern.
  private void build() throws ModelFormatException {
    pop();
    if (!(top() instanceof Pickled.Dictionary)) throw wrong("attributes for what has none");
  }
}
