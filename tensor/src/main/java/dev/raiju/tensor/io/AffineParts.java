package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlaces;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The three tensors that a matrix of a block type is stored as; see [AffineFile].
final class AffineParts {
  private static final long CHUNK = 1 << 20;

  private AffineParts() {}

  /// Gives a tensor when its turn has come.
  interface Source {
    Tensor get() throws IOException;
  }

  /// One of the three: where it lies in a block, and how many bytes it has there.
  private interface Part {
    long address(BlockPlaces places, long block);
  }

  /// The parts of a tensor called `name`, each of which asks for it anew.
  static List<StoredTensor> of(String name, Spec spec, Source tensor) {
    if (!name.endsWith(AffineFile.WEIGHT)) {
      throw new IllegalArgumentException("safetensors: " + name + ": " + spec.dtype() + " is stored as scales and biases beside "
          + "codes called ….weight; name it so, or store it in another type");
    }
    String base = name.substring(0, name.length() - AffineFile.WEIGHT.length());
    DType type = spec.dtype();
    int scaleBytes = type.scaleType().unitBytes();
    int codeBytes = type.unitBytes() - 2 * scaleBytes;
    Spec codes = new Spec(DType.U32, spec.shape().with(-1, spec.size(-1) / type.unit() * codeBytes / 4));
    Spec groups = new Spec(type.scaleType(), spec.shape().with(-1, spec.size(-1) / type.unit()));
    return List.of(new StoredTensor(name, codes, out -> write(tensor, codeBytes, BlockPlaces::codes, out)),
        new StoredTensor(base + AffineFile.SCALES, groups, out -> write(tensor, scaleBytes, BlockPlaces::scale, out)),
        new StoredTensor(base + AffineFile.BIASES, groups, out -> write(tensor, scaleBytes, BlockPlaces::bias, out)));
  }

  /// What else a file of these tensors says.
  ///
  /// @throws IllegalArgumentException if their groups or codes differ: a file says it once
  static Map<String, String> metadata(Map<String, String> metadata, Collection<Spec> specs) {
    List<Json.Obj> said = specs.stream().map(Spec::dtype).filter(type -> type.kind() == DType.Kind.BLOCK).map(type -> Json
        .object().with("group_size", type.unit()).with("bits", type.codeBits())).distinct().toList();
    if (said.isEmpty()) return metadata;
    if (said.size() > 1) throw new IllegalArgumentException("safetensors: block types of several sizes; one to a file");
    Map<String, String> more = new TreeMap<>(metadata);
    more.put(AffineFile.QUANTIZATION, said.getFirst().compact());
    return more;
  }

  private static void write(Source source, int bytes, Part part, WritableByteChannel out) throws IOException {
    HostBuffer staging = HostMemory.allocate(CHUNK);
    try (Scope scope = Scope.open()) {
      Tensor t = source.get();
      if (!(t.device().backend() instanceof HostBackend)) t = t.to(Device.reference());
      if (!t.layout().isContiguous()) t = t.contiguous();
      BlockPlaces places = BlockPlaces.of(t);
      long blocks = t.shape().elements() / t.dtype().unit();
      long step = CHUNK / bytes;
      for (long first = 0; first < blocks; first += step) {
        long count = Math.min(step, blocks - first);
        for (long i = 0; i < count; i++) {
          MemorySegment.copy(HostMemory.ALL, part.address(places, first + i), staging.segment(), i * bytes, bytes);
        }
        out.write(staging.segment().asSlice(0, count * bytes).asByteBuffer());
      }
    } finally {
      staging.release();
    }
  }
}
