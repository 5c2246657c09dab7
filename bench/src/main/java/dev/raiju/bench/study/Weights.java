package dev.raiju.bench.study;

import dev.raiju.tensor.Tensor;
import dev.raiju.training.recipe.Trials;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Tells which models results belong to.
final class Weights {
  private Weights() {}

  /// Of the teacher, its text encoder and its autoencoder.
  static String digest(Trials trials) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Tensor t : trials.teacher().parameters().values()) digest.update(t.toBytes());
      for (Tensor t : trials.encoder().parameters().values()) digest.update(t.toBytes());
      for (Tensor t : trials.autoencoder().decoder().parameters().values()) digest.update(t.toBytes());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
