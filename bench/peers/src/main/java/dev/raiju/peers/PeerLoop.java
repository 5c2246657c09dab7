package dev.raiju.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Answers `prepare CASE DTYPE`, `round CASE DTYPE` and `drop CASE DTYPE`, each with one line of JSON: the peers' side of
/// `raiju bench headline`.
final class PeerLoop {
  private static final MethodHandle CLOCK = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup()
      .findOrThrow("clock"), FunctionDescriptor.of(ValueLayout.JAVA_LONG));
  // a round lasts at least this long, as ours does
  private static final double MIN_SECONDS = 0.05;
  private static final double WARM_SECONDS = 1;
  private static final int WARM_CALLS = 300;

  private final Engine engine;
  private final Map<String, Live> live = new HashMap<>();

  /// A case that is set up, and how often a round calls it.
  private record Live(Engine.Call call, int inner) {}

  /// Seconds of one call.
  private record Times(double wall, double cpu) {}

  PeerLoop(Engine engine) { this.engine = engine; }

  /// Answers until the questions end.
  void serve(BufferedReader questions, PrintStream answers) throws IOException {
    answers.println("{\"peer\": \"" + escaped(engine.name()) + "\"}");
    answers.flush();
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      String answer;
      try {
        answer = answer(line.strip().split(" +"));
      } catch (Exception | LinkageError e) {
        // whatever an engine has against a case is an answer
        answer = "{\"error\": \"" + escaped(String.valueOf(e.getMessage())) + "\"}";
      }
      answers.println(answer);
      answers.flush();
    }
  }

  private String answer(String[] words) throws Exception {
    if (words.length != 3) throw new IllegalArgumentException("got " + words.length + " words; needs verb, case and type");
    String key = words[1] + " " + words[2];
    Live found = live.get(key);
    switch (words[0]) {
      case "prepare" -> {
        Live ready = warm(engine.prepare(words[1], words[2]));
        live.put(key, ready);
        return "{\"ready\": " + ready.inner + "}";
      }
      case "round" -> {
        if (found == null) throw new IllegalArgumentException(key + " is not prepared");
        Times times = timed(found.call, found.inner);
        return String.format(Locale.ROOT, "{\"wall_ms\": %.6f, \"cpu_ms\": %.6f}", times.wall * 1e3, times.cpu * 1e3);
      }
      case "drop" -> {
        if (found != null) found.call.close();
        live.remove(key);
        return "{\"dropped\": true}";
      }
      default -> throw new IllegalArgumentException("no such verb: " + words[0]);
    }
  }

  private static Live warm(Engine.Call call) throws Exception {
    double spent = 0;
    double shortest = Double.MAX_VALUE;
    for (int i = 0; i < 2 || spent < WARM_SECONDS && i < WARM_CALLS; i++) {
      Times times = timed(call, 1);
      spent += times.cpu;
      shortest = Math.min(shortest, times.wall);
    }
    return new Live(call, Math.max(1, (int) Math.ceil(MIN_SECONDS / Math.max(shortest, 1e-7))));
  }

  private static Times timed(Engine.Call call, int calls) throws Exception {
    long cpu = clock();
    long begun = System.nanoTime();
    for (int i = 0; i < calls; i++) call.run();
    long wall = System.nanoTime() - begun;
    return new Times(wall * 1e-9 / calls, (clock() - cpu) * 1e-6 / calls);
  }

  private static long clock() {
    try {
      return (long) CLOCK.invokeExact();
    } catch (Throwable t) {
      throw new IllegalStateException("clock: " + t.getMessage(), t);
    }
  }

  private static String escaped(String text) { return text.replaceAll("[\\p{Cntrl}\"\\\\]", " "); }
}
