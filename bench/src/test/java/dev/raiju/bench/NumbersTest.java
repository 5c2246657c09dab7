package dev.raiju.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.io.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class NumbersTest {
  @Test
  void theMedianIsTheMiddle() {
    assertEquals(2, Numbers.median(List.of(9.0, 1.0, 2.0)));
    assertEquals(1.5, Numbers.median(List.of(2.0, 1.0)));
    assertThrows(IllegalArgumentException.class, () -> Numbers.median(List.of()));
  }

  @Test
  void anErrorHasThreeDigitsAndNoneIsNull() {
    assertEquals(Json.of(1.23e-7), Numbers.json(1.2345e-7));
    assertEquals(new Json.Null(), Numbers.json(Double.NaN));
  }
}
