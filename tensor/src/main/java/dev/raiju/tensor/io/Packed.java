package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.BlockPlaces;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.PackedBlocks;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.lang.foreign.MemorySegment;

/// Makes blocks as GGUF files hold them; [dev.raiju.tensor.op.Dequantize] reads them.
public final class Packed {
  private Packed() {}

  /// Refuses a tensor with values that are no numbers, which would spread into all that is made of it.
  ///
  /// @param name what it is called, for messages
  /// @param stored a packed tensor in host memory
  /// @throws ModelFormatException if a scale is not finite
  static void requireFinite(String source, String name, Tensor stored) throws ModelFormatException {
    BlockPlaces blocks = BlockPlaces.of(stored);
    DType type = stored.dtype();
    for (long block = 0; block < stored.shape().elements() / type.unit(); block++) {
      if (PackedBlocks.isFinite(type, blocks.codes(block))) continue;
      throw new ModelFormatException(Reason.BLOCK_SCALE, source, name + ": block " + block + " of type " + type
          + " has a scale that is not finite");
    }
  }

  /// Rounds to blocks of 32 codes with one scale each, as llama.cpp does: to the nearest multiple of the scale.
  ///
  /// @param x any float type; the last axis must be a multiple of 32
  /// @param dtype q8_0 or q4_0
  /// @return on the reference device
  /// @throws IllegalArgumentException if the axis is not, the type is another one, or a value is too large for an f16 scale
  public static Tensor pack(Tensor x, DType dtype) {
    if (dtype != DType.Q8_0 && dtype != DType.Q4_0) {
      throw new IllegalArgumentException("pack: " + dtype + ": only q8_0 and q4_0 are made");
    }
    Spec spec = x.spec().requireFloat("pack").with(dtype);
    HostBuffer made = HostMemory.allocate(spec.bytes());
    try (Scope scope = Scope.open()) {
      Tensor values = Trace.silently(() -> x.to(DType.F32).to(Device.reference()).contiguous());
      Packing.run(dtype, bytes(values), made.segment().asSlice(0, spec.bytes()));
    } catch (RuntimeException e) {
      made.release();
      throw e;
    }
    return Tensor.over(spec, made, Device.reference());
  }

  /// The bytes of a tensor that lies in host memory in one piece.
  private static MemorySegment bytes(Tensor plain) {
    long begin = plain.layout().offset() / plain.dtype().unit() * plain.dtype().unitBytes();
    return ((HostBuffer) plain.buffer()).segment().asSlice(begin, plain.spec().bytes());
  }
}
