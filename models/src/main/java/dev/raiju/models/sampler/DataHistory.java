package dev.raiju.models.sampler;

import dev.raiju.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;

/// The last guesses of the data that a multistep solver looks back at.
final class DataHistory implements AutoCloseable {
  private final Deque<Tensor> guesses = new ArrayDeque<>();
  private final int length;

  DataHistory(int length) { this.length = length; }

  /// The guess of `back` steps ago: 1 is the last one that was pushed.
  Tensor get(int back) { return guesses.stream().skip(back - 1L).findFirst().orElseThrow(); }

  void push(Tensor guess) {
    guesses.addFirst(guess.alias());
    if (guesses.size() > length) guesses.removeLast().close();
  }

  @Override
  public void close() { guesses.forEach(Tensor::close); }
}
