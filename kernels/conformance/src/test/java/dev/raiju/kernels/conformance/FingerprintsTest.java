package dev.raiju.kernels.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FingerprintsTest {
  @Test
  void anotherVirtualMachineGivesTheSameBits() throws Exception {
    Map<String, String> a = Fingerprints.fork(List.of("-XX:MaxVectorSize=16"), "reference", 1, false, System.out::println);
    Map<String, String> b = Fingerprints.fork(List.of("-XX:TieredStopAtLevel=1"), "reference", 1, false, System.out::println);
    assertTrue(a.size() > 200, "only " + a.size());
    assertEquals(List.of(), Fingerprints.differences(a, b));
  }

  @Test
  void namesWhatDiffersAndWhatIsMissing() {
    Map<String, String> a = new TreeMap<>(Map.of("add|f32|0", "1", "add|f32|1", "2", "add|i32|0", "3"));
    Map<String, String> b = new TreeMap<>(Map.of("add|f32|0", "1", "add|f32|1", "4"));
    List<String> differences = Fingerprints.differences(a, b);
    assertEquals(2, differences.size());
    assertTrue(differences.getFirst().startsWith("add|forward|f32|"), differences.toString());
    // as the property takes it
    Plan.parse(differences.getFirst().split("\\|", 4)[3]);
  }

  @Test
  void aFailingMachineSaysWhy() {
    Exception e = assertThrows(IllegalStateException.class, () -> Fingerprints.fork(List.of(), "nowhere", 1, false, _ -> {
    }));
    assertTrue(e.getMessage().contains("no backend called nowhere"), e.getMessage());
  }
}
