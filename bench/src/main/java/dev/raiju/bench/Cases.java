package dev.raiju.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Every case, by name: the same names, shapes and counts as `peers/torch_peer.py` has.
final class Cases {
  private static final Map<String, Case> ALL = collect();

  private Cases() {}

  private static Map<String, Case> collect() {
    Map<String, Case> all = new LinkedHashMap<>();
    Stream.of(LinearCases.all(), AttentionCases.all(), NormCases.all(), LinearCases.feedForwards(), ConvolutionCases.all(),
        OptimizerCases.all(), ModelCases
            .all()).flatMap(List::stream).forEach(c -> all.put(c.name(), c));
    return all;
  }

  static Collection<Case> all() { return ALL.values(); }

  /// The cases that names or globs mean; a glob means heavy cases only if that is wanted.
  ///
  /// @throws UsageException if one of them means no case
  static List<Case> find(List<String> patterns, boolean heavy) {
    List<Case> found = new ArrayList<>();
    for (String pattern : patterns) {
      Pattern glob = Pattern.compile(regex(pattern));
      List<Case> matching = ALL.values().stream().filter(c -> glob.matcher(c.name()).matches()).toList();
      List<Case> meant = matching.stream().filter(c -> heavy || !c.heavy() || c.name().equals(pattern)).toList();
      if (matching.isEmpty()) throw new UsageException("no such case: " + pattern + "; raiju bench --list names them");
      if (meant.isEmpty()) throw new UsageException(pattern + " means only heavy cases; add --heavy or name one in full");
      meant.stream().filter(c -> !found.contains(c)).forEach(found::add);
    }
    return found;
  }

  private static String regex(String glob) {
    StringBuilder regex = new StringBuilder();
    for (char c : glob.toCharArray()) {
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return regex.toString();
  }
}
