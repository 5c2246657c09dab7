package dev.raiju.bench.study;

import dev.raiju.tensor.io.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// The stages that a model went through, one after the other, from the teacher on. Arms that begin alike share what they begin with.
record Course(List<Leg> legs) {
  private static final int ID_DIGITS = 12;

  Course { legs = List.copyOf(legs); }

  /// Nothing was done: the teacher itself.
  boolean isTeacher() { return legs.isEmpty(); }

  Leg last() { return legs.getLast(); }

  /// What comes before the last stage.
  Course before() { return new Course(legs.subList(0, legs.size() - 1)); }

  /// Stands for the stages and their settings in results: another setting is another course.
  String id() {
    if (isTeacher()) return "teacher";
    String text = new Json.Arr(legs.stream().map(leg -> (Json) leg.json()).toList()).compact();
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, ID_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
