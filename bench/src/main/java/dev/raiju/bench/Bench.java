package dev.raiju.bench;

import dev.raiju.bench.study.Studies;
import java.io.PrintStream;
import java.util.List;
import org.openjdk.jmh.Main;

/// The command `raiju bench`.
public final class Bench {
  private static final List<String> HELP = List.of("usage: raiju bench [OPTIONS]",
      "       raiju bench headline [NAME …] [OPTIONS]",
      "       raiju bench study NAME [OPTIONS]", "       raiju bench jmh [OPTIONS OF JMH]", "",
      "Times named cases: kernels, blocks, whole models, training steps.", "",
      "  --case GLOB,…    which cases; heavy ones are meant by a glob only with --heavy (default: *)",
      "  --dtype T,…      which of " + Kind.labels() + " (default: all that a case has)",
      "  --threads N      threads of the CPU backend (default: one for each processor)",
      "  --device NAME    what computes, one case after the other: what raiju doctor names (default: cpu)",
      "  --peer CMD       with --device: a peer on the same device, such as 'python3 bench/peers/torch_peer.py --device cuda'",
      "  --repeat R       timed rounds, each case once a round (default: 7)", "  --json           one JSON object a line",
      "  --no-error       without the error against f64", "  --heavy          lets globs mean the cases that take minutes",
      "  --list           names the cases and their types", "",
      "bench headline compares the fixed set of cases with peers, in alternating rounds:", "",
      "  --peer CMD       starts a peer, such as 'python3 bench/peers/torch_peer.py'; may be given several times",
      "  --threads N,…    thread counts, one after the other (default: 1)", "  --repeat R       rounds (default: 5)",
      "  --out FILE       where the results go (default: bench/results/, named after the machine)");

  private Bench() {}

  public static void main(String[] typed) throws Exception {
    if (typed.length > 0 && typed[0].equals("jmh")) {
      Main.main(List.of(typed).subList(1, typed.length).toArray(String[]::new));
      return;
    }
    System.exit(run(List.of(typed), System.out, System.err));
  }

  /// @return the exit status: 0 for success, 1 for a failure, 2 for a wrong command line
  static int run(List<String> typed, PrintStream out, PrintStream err) {
    try {
      if (!typed.isEmpty() && typed.getFirst().equals("study")) return Studies.run(typed.subList(1, typed.size()), out);
      if (typed.contains("--help") || typed.contains("-h")) {
        HELP.forEach(out::println);
        return 0;
      }
      if (!typed.isEmpty() && typed.getFirst().equals("headline")) return Headline.run(typed.subList(1, typed.size()), out, err);
      return RunCases.run(typed, out);
    } catch (UsageException e) {
      err.println("raiju: bench: " + e.getMessage());
      return 2;
    } catch (java.io.IOException e) {
      err.println("raiju: bench: " + e.getMessage());
      return 1;
    }
  }
}
