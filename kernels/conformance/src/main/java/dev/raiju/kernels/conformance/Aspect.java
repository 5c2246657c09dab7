package dev.raiju.kernels.conformance;

import java.util.Locale;

/// What is checked of a row.
enum Aspect {
  FORWARD("results of drawn types, shapes and layouts"),
  SIZES("results at sizes 0, 1 and around every number of lanes"),
  GRADIENT("gradients of drawn cases"),
  SPECIALS("examples with documented results"),
  REFUSALS("bad inputs and their messages"),
  MISUSE("types and devices that differ, closed tensors"),
  SAVED("tensors written between forward and backward"),
  RELEASE("memory after failures"),
  LARGE("places beyond 2^31 and 2^32"),
  SUPPORT("kernels as declared");

  private final String text;

  Aspect(String text) { this.text = text; }

  String text() { return text; }

  String label() { return name().toLowerCase(Locale.ROOT); }
}
