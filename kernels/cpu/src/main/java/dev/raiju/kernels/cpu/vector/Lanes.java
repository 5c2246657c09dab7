package dev.raiju.kernels.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import dev.raiju.tensor.backend.HostMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vector width of this machine, and loads and stores at absolute addresses.
///
/// The width is what the JVM prefers, between 128 and 512 bits, so that 16 virtual lanes are a whole number of vectors.
final class Lanes {
  static final VectorSpecies<Float> F32 = VectorSpecies.of(float.class, shape());
  static final VectorSpecies<Integer> I32 = VectorSpecies.of(int.class, shape());

  /// Floats in a vector: 4, 8 or 16.
  static final int COUNT = F32.length();
  static final int BYTES = 4 * COUNT;

  private static final MemorySegment ALL = HostMemory.ALL;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private Lanes() {}

  private static VectorShape shape() {
    int bits = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    return VectorShape.forBitSize(Math.clamp(Integer.highestOneBit(bits), 128, 512));
  }

  static FloatVector load(long address) { return FloatVector.fromMemorySegment(F32, ALL, address, ORDER); }

  static void store(FloatVector value, long address) { value.intoMemorySegment(ALL, address, ORDER); }

  static IntVector loadInts(long address) { return IntVector.fromMemorySegment(I32, ALL, address, ORDER); }

  static void store(IntVector value, long address) { value.intoMemorySegment(ALL, address, ORDER); }
}
