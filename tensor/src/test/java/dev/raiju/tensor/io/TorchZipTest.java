package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that PyTorch itself wrote.
class TorchZipTest {
  @TempDir
  Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"weights.pth", "nested.pth"})
  void holdsTheValuesOfTheSameWeightsInSafetensors(String name) throws Exception {
    for (Device device : List.of(Device.reference(), Device.of(new FarMemory()))) {
      try (Scope _ = Scope.open();
          TensorFile expected = TensorFile.open(Fixtures.copy("weights.safetensors", directory));
          TensorFile found = TensorFile.open(Fixtures.copy(name, directory))) {
        assertInstanceOf(TorchZip.class, found);
        assertEquals(expected.entries().keySet(), Map.copyOf(found.entries()).keySet());
        for (String tensor : expected.entries().keySet()) {
          assertEquals(expected.spec(tensor), found.spec(tensor), tensor);
          assertArrayEquals(expected.tensor(tensor, Device.reference()).toBytes(), found.tensor(tensor, device).toBytes(),
              tensor);
        }
      }
    }
  }

  @Test
  void viewsOfOneStorageLieInTheFile() throws Exception {
    try (Scope _ = Scope.open(); TensorFile file = TensorFile.open(Fixtures.copy("weights.pth", directory))) {
      Tensor transposed = file.tensor("d.view.transposed", Device.reference());
      assertFalse(transposed.layout().isContiguous());
      Tensor rows = file.tensor("d.view.rows", Device.reference());
      // the rows begin 112 elements into the storage, the transposed view 2
      assertEquals(110 * 4, rows.address() - transposed.address());
      assertTrue(((HostBuffer) rows.buffer()).segment().isMapped());
    }
  }

  @Test
  void tensorsOutliveTheFile() throws Exception {
    TensorFile file = TensorFile.open(Fixtures.copy("tiny.pth", directory));
    try (Tensor v = file.tensor("v", Device.reference())) {
      file.close();
      assertArrayEquals(new float[] {2, 6, 10, 3, 7, 11, 4, 8, 12, 5, 9, 13}, v.toFloats());
      assertThrows(IllegalStateException.class, () -> file.tensor("v", Device.reference()));
    }
  }

  @Test
  void namesAreWaysThroughDictionariesAndLists() throws Exception {
    try (Scope _ = Scope.open(); TensorFile file = TensorFile.open(Fixtures.copy("protocol4.pth", directory))) {
      assertEquals(Map.of("layers.0", Spec.of(DType.F16, 2), "layers.1.w", Spec.of(DType.F32, 0, 3), "7", Spec.of(DType.BOOL),
          "t.0", Spec.of(DType.F32, 2, 2)), Map.copyOf(file.entries()));
      assertEquals(Map.of("size.0", "1", "size.1", "2", "lr", "0.001", "big", "1099511627776", "t.1", "x"), file.metadata());
      assertArrayEquals(new float[] {1, 0, 0, 1}, file.tensor("t.0", Device.reference()).toFloats());
    }
  }

  @ParameterizedTest
  @CsvSource({"hostile_system.pth, posix.system", "hostile_eval.pth, __builtin__.eval"})
  void refusesWhatIsNoTensorByItsName(String name, String global) throws Exception {
    Path file = Fixtures.copy(name, directory);
    var refused = assertThrows(ModelFormatException.class, () -> TensorFile.open(file));
    assertEquals(Reason.PICKLE_GLOBAL, refused.reason());
    assertEquals(file + ": asks for " + global + ", which is no part of a file of tensors; nothing of it was run", refused
        .getMessage());
    assertFalse(Files.exists(Path.of("raiju-was-here")));
  }

  @Test
  void saysHowToConvertTheOldContainer() throws Exception {
    Path file = Fixtures.copy("legacy.pth", directory);
    var refused = assertThrows(ModelFormatException.class, () -> TensorFile.open(file));
    assertEquals(Reason.TORCH_LEGACY, refused.reason());
    assertEquals(file + ": a bare Python pickle, PyTorch's old container from before version 1.6; convert it with "
        + "torch.save(torch.load(\"old.pth\", weights_only=True), \"new.pth\")", refused.getMessage());
  }

  @Test
  void aFolderWithOneSuchFileIsOpened() throws Exception {
    Fixtures.copy("tiny.pth", directory);
    try (TensorFile file = TensorFile.open(directory)) {
      assertEquals(List.of("a", "v", "n"), List.copyOf(file.entries().keySet()));
    }
    Fixtures.copy("weights.safetensors", directory);
    try (TensorFile file = TensorFile.open(directory)) {
      assertInstanceOf(SafeTensors.class, file);
    }
  }
}
