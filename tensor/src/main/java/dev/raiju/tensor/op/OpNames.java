package dev.raiju.tensor.op;

import java.util.Locale;

/// Class names in the spelling of messages.
final class OpNames {
  private static final ClassValue<String> NAMES = new ClassValue<>() {
    @Override
    protected String computeValue(Class<?> type) {
      return type.getSimpleName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }
  };

  private OpNames() {}

  static String of(Class<?> type) { return NAMES.get(type); }
}
