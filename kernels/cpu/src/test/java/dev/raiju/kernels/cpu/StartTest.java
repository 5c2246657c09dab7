package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.tensor.DType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What computes at the start, and from when on what is faster.
class StartTest {
  private static final int MANY = 1000;
  // more than one call of every method, each with rows and columns of these sizes
  private static final long ENOUGH = 100L * MANY * MANY;

  @Test
  void isOverAfterEnoughWork() {
    Start start = new Start(50);
    for (int i = 0; i < 5; i++) assertFalse(start.isOver(10));
    assertTrue(start.isOver(1));
    assertTrue(start.isOver(0));
  }

  /// Notes what is called on it, and answers nothing of use.
  private static <T> T noting(Class<T> type, String name, List<String> calls) {
    return type.cast(Proxy.newProxyInstance(StartTest.class.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
      calls.add(name + " " + method.getName() + Arrays.toString(arguments));
      return method.getReturnType() == float.class ? (Object) 1f : method.getReturnType() == int.class ? (Object) 16 : null;
    }));
  }

  private static Object argument(Class<?> type, int place) {
    if (type == long.class) return (long) place;
    if (type == int.class) return MANY + place;
    if (type == float.class) return (float) place;
    if (type == boolean.class) return true;
    if (type.isEnum()) return type.getEnumConstants()[0];
    return type == DType.class ? DType.BF16 : null;
  }

  /// Calls every method of a family but those that are named, and gives the calls that are wanted of it.
  private static List<String> call(Class<?> type, Object target, Set<String> but, String name)
      throws ReflectiveOperationException {
    List<String> wanted = new ArrayList<>();
    for (Method method : type.getMethods()) {
      if (Modifier.isStatic(method.getModifiers()) || but.contains(method.getName())) continue;
      Class<?>[] types = method.getParameterTypes();
      Object[] arguments = new Object[types.length];
      for (int i = 0; i < types.length; i++) arguments[i] = argument(types[i], i);
      method.invoke(target, arguments);
      wanted.add(name + " " + method.getName() + Arrays.toString(arguments));
    }
    return wanted;
  }

  private static void check(Class<?> type, Object target, Start start, List<String> calls,
      Set<String> but) throws ReflectiveOperationException {
    calls.clear();
    assertEquals(call(type, target, but, "plain"), calls);
    start.isOver(ENOUGH);
    calls.clear();
    List<String> wanted = call(type, target, but, "vector");
    assertTrue(wanted.size() > 15);
    assertEquals(wanted, calls);
  }

  @Test
  void loopsArePlainAtFirst() throws ReflectiveOperationException {
    List<String> calls = new ArrayList<>();
    Start start = new Start(ENOUGH);
    Loops loops = new StartingLoops(noting(Loops.class, "plain", calls), noting(Loops.class, "vector", calls), start);
    assertEquals(16, loops.lanes());
    check(Loops.class, loops, start, calls, Set.of("provider", "lanes"));
  }

  @Test
  void whatIsDoneToProductsIsPlainAtFirst() throws ReflectiveOperationException {
    List<String> calls = new ArrayList<>();
    Start start = new Start(ENOUGH);
    MicroKernels micro = new StartingMicroKernels(noting(MicroKernels.class, "plain", calls), noting(MicroKernels.class, "vector",
        calls), start);
    Set<String> tiles = Set.of("provider", "lanes", "tileRows", "panelColumns", "width", "exact", "wholeTiles", "pairs",
        "multiply",
        "bytes");
    check(MicroKernels.class, micro, start, calls, tiles);
  }
}
