package dev.raiju.kernels.metal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Whatever the host sends wrongly is noticed: by Metal's rules, by what comes back, or by the results.
class HostMutationTest {
  private static final long PAGE = 16384;
  private static final Map<Receiver, String> CLASSES = Map.ofEntries(Map.entry(Receiver.OBJECT, "NSObject"), Map.entry(
      Receiver.STRING_CLASS, "NSString"), Map.entry(Receiver.STRING, "NSString"), Map.entry(Receiver.ERROR, "NSError"), Map.entry(
          Receiver.OPTIONS_CLASS, "MTLCompileOptions"), Map.entry(Receiver.OPTIONS, "MTLCompileOptions"), Map.entry(
              Receiver.DEVICE,
              "StandInDevice"), Map.entry(Receiver.LIBRARY, "StandInLibrary"), Map.entry(Receiver.PIPELINE, "StandInPipeline"),
      Map
          .entry(Receiver.BUFFER, "StandInBuffer"), Map.entry(Receiver.QUEUE, "StandInQueue"), Map.entry(
              Receiver.COMMAND_BUFFER, "StandInCommandBuffer"), Map.entry(Receiver.ENCODER, "StandInEncoder"));

  /// Everything that the host can do, once; gives what it read and what it was told.
  private static List<Object> work(Messages messages) {
    List<Object> results = new ArrayList<>();
    // other tests leave objects behind
    StandIn.end();
    try (Arena pages = Arena.ofConfined()) {
      MetalGpu gpu = MetalProvider.openGpu(messages);
      results.add(gpu.describe());
      long address = gpu.reserve(1000);
      gpu.launch("moves", "iota", 200, new Arguments().whole(200).whole(address).whole(4));
      // while the device is at work
      gpu.write(address + 8, MemorySegment.ofArray(new int[] {77}));
      long large = gpu.reserve(5 << 20);
      gpu.launch("moves", "fill", 100_000, new Arguments().whole(100_000).whole(large).whole(9).whole(4));
      results.add(read(gpu, address, 200));
      results.add(read(gpu, large, 100_000));
      MemorySegment page = pages.allocate(PAGE, PAGE);
      page.fill((byte) 3);
      long borrowed = gpu.borrow(page);
      gpu.copy(address, borrowed, 100);
      results.add(read(gpu, address, 200));
      gpu.giveBack(borrowed);
      gpu.free(large);
      gpu.releaseUnused();
      try {
        gpu.launch("moves", "nothing", 1, new Arguments());
      } catch (MetalException e) {
        results.add(String.valueOf(e.getMessage()));
      }
      try {
        gpu.launch("moves", "fill", new Grid(1, 1, 1, 33), 0, new Arguments().whole(1).whole(address).whole(1)
            .whole(4));
        read(gpu, address, 1);
      } catch (MetalException e) {
        results.add(String.valueOf(e.getMessage()));
      }
    } catch (UnavailableException | RuntimeException e) {
      results.add(String.valueOf(e.getMessage()));
    }
    results.add(StandIn.objects());
    results.add(StandIn.complaints());
    StandIn.end();
    return results;
  }

  private static List<Integer> read(MetalGpu gpu, long address, int count) {
    int[] numbers = new int[count];
    gpu.read(address, MemorySegment.ofArray(numbers));
    return Arrays.stream(numbers).boxed().toList();
  }

  private static MemorySegment nothing(MemorySegment ignored) { return MemorySegment.NULL; }

  private static long turned(long value) { return ~value; }

  private static boolean turned(boolean value) { return !value; }

  /// An `MTLSize` that is empty along its first axis.
  private static MemorySegment flat(MemorySegment size) {
    MemorySegment other = Arena.ofAuto().allocate(size.byteSize(), Long.BYTES).copyFrom(size);
    other.set(ValueLayout.JAVA_LONG, 0, 0);
    return other;
  }

  private static MethodHandle wrong(Kind kind) throws ReflectiveOperationException {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    MethodType pointers = MethodType.methodType(MemorySegment.class, MemorySegment.class);
    return switch (kind) {
      case OBJECT, POINTER, BLOCK -> lookup.findStatic(HostMutationTest.class, "nothing", pointers);
      case WHOLE -> lookup.findStatic(HostMutationTest.class, "turned", MethodType.methodType(long.class, long.class));
      case FLAG -> lookup.findStatic(HostMutationTest.class, "turned", MethodType.methodType(boolean.class, boolean.class));
      case SIZE -> lookup.findStatic(HostMutationTest.class, "flat", pointers);
      case NOTHING, SECONDS -> throw new AssertionError(kind + " is no argument");
    };
  }

  @Test
  void everyWrongArgumentIsNoticed() throws Exception {
    List<Object> right = work(new Messages(StandIn.runtime()));
    assertEquals(List.of(), right.getLast());
    assertEquals(right, work(new Messages(StandIn.runtime())));
    List<String> unnoticed = new ArrayList<>();
    int mutants = 0;
    for (Message wanted : Message.values()) {
      for (int i = 0; i < wanted.parameters().size(); i++) {
        // no one else than the system gives the memory back
        if (wanted == Message.NEW_BUFFER_OVER && i == 3) continue;
        int parameter = i + 1;
        MethodHandle wrong = wrong(wanted.parameters().get(i));
        var messages = new Messages(StandIn.runtime(), (message, handle) -> message == wanted
            ? MethodHandles.filterArguments(handle, parameter, wrong)
            : handle);
        mutants++;
        if (work(messages).equals(right)) unnoticed.add(wanted.selector() + " " + i);
      }
    }
    System.out.println("metal: " + mutants + " wrong arguments, each sent in turn");
    assertEquals(List.of(), unnoticed);
  }

  @Test
  void everyMessageThatIsNotSentIsNoticed() {
    List<Object> right = work(new Messages(StandIn.runtime()));
    List<String> unnoticed = new ArrayList<>();
    for (Message wanted : Message.values()) {
      // without its answer, the host could not go on
      if (wanted.result() != Kind.NOTHING) continue;
      var messages = new Messages(StandIn.runtime(), (message, handle) -> message == wanted
          ? MethodHandles.empty(handle.type())
          : handle);
      if (work(messages).equals(right)) unnoticed.add(wanted.selector());
    }
    assertEquals(List.of(), unnoticed);
  }

  /// What the host asks of the runtime when it first sees an object: a signature that differs in one place is none to be used.
  @Test
  void everyWrongSignatureIsRefused() {
    ObjectiveC runtime = StandIn.runtime();
    int mutants = 0;
    for (Message message : Message.values()) {
      MemorySegment named = runtime.classNamed(String.valueOf(CLASSES.get(message.receiver())));
      boolean ofClass = message.receiver() == Receiver.STRING_CLASS || message.receiver() == Receiver.OPTIONS_CLASS;
      List<String> types = runtime.declared(ofClass ? runtime.classOf(named) : named, message.selector()).orElseThrow();
      assertTrue(Messages.isDeclaredAs(message, types), message + " " + types);
      assertFalse(Messages.isDeclaredAs(message, types.subList(0, types.size() - 1)), message::selector);
      for (int i = 0; i < types.size(); i++) {
        Kind kind = i == 0 ? message.result() : message.parameters().get(i - 1);
        for (String letter : List.of("v", "@", "r^v", "Q", "B", "d", "{?=QQQ}")) {
          if (kind.isWritten(letter)) continue;
          List<String> wrong = new ArrayList<>(types);
          wrong.set(i, letter);
          mutants++;
          assertFalse(Messages.isDeclaredAs(message, wrong), message + " " + wrong);
        }
      }
    }
    assertTrue(mutants > 300, mutants + " signatures");
  }
}
