package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class AssignmentTest {
  private static final double[][] WORTH = {{9, 8, 1}, {9, 1, 1}, {2, 1, 3}};

  @Test
  void takesTheBestTogetherNotTheBestFirst() {
    assertArrayEquals(new int[] {1, 0, 2}, Assignment.best(3, 3, (i, j) -> WORTH[i][j]));
  }

  @Test
  void leavesOverWhatIsWorthLeast() {
    assertArrayEquals(new int[] {1, 0, -1}, Assignment.best(3, 2, (i, j) -> WORTH[i][j]));
    assertArrayEquals(new int[] {0}, Assignment.best(1, 3, (i, j) -> WORTH[i][j]));
    assertArrayEquals(new int[] {-1, -1}, Assignment.best(2, 0, (i, j) -> WORTH[i][j]));
  }
}
