package dev.raiju.kernels.cpu.vector;

import dev.raiju.tensor.backend.HostMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vector width of this machine: what the JVM prefers, between 128 and 512 bits, so that 16 virtual lanes are a whole number
/// of vectors.
///
/// How loops are written here, so that the compiler turns each into plain vector instructions:
/// - One loop in a method, and what differs is decided outside.
/// - Loads and stores are spelled out. In a compilation that has grown large, methods of our own are no longer inlined, and a
///   vector that crosses a call becomes an object; the methods of the Vector API are always inlined.
/// - A loop has at most some 40 operations: each costs the compiler hundreds of nodes, and it stops at 18,000. Constants are
///   vectors where there are many, since a scalar operand counts as an operation.
/// - Loops are reached through tables of objects where a caller uses many, since it would inline them all.
final class Lanes {
  private static final int BITS = Math.clamp(Integer.highestOneBit(FloatVector.SPECIES_PREFERRED.vectorBitSize()), 128, 512);

  static final VectorSpecies<Float> F32 = VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));
  static final VectorSpecies<Integer> I32 = VectorSpecies.of(int.class, VectorShape.forBitSize(BITS));
  static final VectorSpecies<Long> I64 = VectorSpecies.of(long.class, VectorShape.forBitSize(BITS));
  /// As many shorts as there are floats in a vector.
  static final VectorSpecies<Short> I16 = VectorSpecies.of(short.class, VectorShape.forBitSize(BITS / 2));

  /// Floats in a vector: 4, 8 or 16.
  static final int COUNT = F32.length();
  static final long BYTES = 4L * COUNT;

  static final MemorySegment ALL = HostMemory.ALL;
  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private Lanes() {}

  /// The largest multiple of the vector length in `n`.
  static int whole(int n) { return n & -COUNT; }

  static FloatVector of(float value) { return FloatVector.broadcast(F32, value); }
}
