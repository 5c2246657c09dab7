package dev.raiju.export.cli;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.ConvertedFile;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Gguf;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.ShardedSafeTensors;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// `raiju convert`: the tensors of a file or folder of any format in another format or type.
///
/// Without `--dtype` every tensor keeps its type and its bytes.
final class Convert implements Command {
  private static final String DTYPE = "--dtype";
  private static final String SHARD_SIZE = "--shard-mib";
  private static final long DEFAULT_SHARD_MIB = 5 << 10;

  @Override
  public String name() { return "convert"; }

  @Override
  public String arguments() { return "SRC DST [OPTION …]"; }

  @Override
  public String summary() { return "writes the tensors of a file or folder in another format or type"; }

  @Override
  public List<Option> options() {
    return List.of(Option.of(DTYPE, "TYPE", "f32, f16, bf16, f64, or for .gguf q8_0, q4_0 [as they are stored]"), Option.of(
        SHARD_SIZE, "MIB", "how large the files of a folder may be [" + DEFAULT_SHARD_MIB + "]"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    List<Path> paths = arguments.paths("a file or folder of tensors, and where to write them");
    if (paths.size() != 2)
      throw UserError.usage("convert: got " + paths.size() + " names; needs SRC and DST: raiju convert "
          + arguments());
    Path target = paths.get(1);
    long shardBytes = arguments.whole(SHARD_SIZE, 1, 1 << 30, DEFAULT_SHARD_MIB) << 20;
    try (TensorFile source = TensorFile.open(paths.get(0))) {
      checkPlaces(paths.get(0), target);
      TensorFile tensors = arguments.text(DTYPE).isEmpty() ? source : ConvertedFile.of(source, type(arguments.text(DTYPE).get()));
      write(source, tensors, target, shardBytes);
      console.print(target + ": " + Units.plural(tensors.entries().size(), "tensor") + ", " + changes(source, tensors));
    }
    return 0;
  }

  private static DType type(String label) {
    try {
      return DType.parse(label);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--dtype: no such type: " + label + Spelling.suggestion(label, List.of("f32", "f16", "bf16", "f64",
          "q8_0", "q4_0")) + "; there are f32, f16, bf16, f64, q8_0, q4_0");
    }
  }

  /// A file that is read must not be written meanwhile.
  private static void checkPlaces(Path source, Path target) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) throw UserError.of("convert: there is no folder " + folder);
    if (!Files.exists(target)) return;
    Path read = source.toRealPath();
    Path written = target.toRealPath();
    if (written.startsWith(read)) throw UserError.of("convert: " + target + " is what is read; name another place");
    if (Files.isDirectory(target)) throw UserError.of("convert: " + target + " is there already; name a new folder");
    boolean isShard = source.toString().endsWith(".json") && Objects.equals(written.getParent(), read.getParent());
    if (isShard) throw UserError.of("convert: " + target + " may be one of the files that are read; name another place");
  }

  private static void write(TensorFile source, TensorFile tensors, Path target, long shardBytes) throws IOException {
    Map<String, String> metadata = new TreeMap<>(source.metadata());
    // what an index says of its shards together
    metadata.remove("total_size");
    String name = target.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      Durable.system().write(target, SafeTensors.contents(tensors, metadata));
    } else if (name.endsWith(".gguf")) {
      Durable.system().write(target, source instanceof Gguf gguf
          ? gguf.contentsLikeThis(tensors)
          : Gguf.contents(tensors, metadata));
    } else if (name.contains(".")) {
      throw UserError.usage("convert: " + target + ": no format is written to such a file; needs .safetensors, .gguf, or a name "
          + "without a dot for a folder");
    } else {
      ShardedSafeTensors.write(target, tensors, metadata, shardBytes);
    }
  }

  /// What became what, such as `60 f32 as q8_0, 36 f32`.
  private static String changes(TensorFile source, TensorFile tensors) throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    for (Map.Entry<String, Spec> entry : tensors.entries().entrySet()) {
      DType from = source.spec(entry.getKey()).dtype();
      DType to = entry.getValue().dtype();
      counts.merge(from == to ? from.label() : from + " as " + to, 1, Integer::sum);
    }
    return String.join(", ", counts.entrySet().stream().map(entry -> entry.getValue() + " " + entry.getKey()).toList());
  }
}
