package dev.raiju.export.cli;

import dev.raiju.models.pipeline.KnownModel;
import dev.raiju.models.text.Umt5Weights;
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

/// `raiju convert`: the tensors of a file or folder of any format in another format or type, or under other names.
///
/// Without `--dtype` every tensor keeps its type and its bytes, without `--names` its name.
final class Convert implements Command {
  private static final String DTYPE = "--dtype";
  private static final String NAMES = "--names";
  // what users call the transformers library
  private static final String HUGGING_FACE = "hf";
  private static final String SHARD_SIZE = "--shard-mib";
  private static final long DEFAULT_SHARD_MIB = 5 << 10;

  @Override
  public String name() { return "convert"; }

  @Override
  public String arguments() { return "SRC DST [OPTION …]"; }

  @Override
  public String summary() { return "writes the tensors of a file or folder in another format or type, or under other names"; }

  @Override
  public List<Option> options() {
    return List.of(Option.of(DTYPE, "TYPE", "f32, f16, bf16, f64, or for .gguf q8_0, q4_0 [as they are stored]"), Option.of(
        NAMES, "NAMES", "original, diffusers, hf or gguf, for a known model [as they are stored]"), Option.of(
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
      TensorFile named = arguments.has(NAMES) ? renamed(source, arguments.text(NAMES).orElseThrow()) : source;
      TensorFile tensors = arguments.text(DTYPE).isEmpty() ? named : ConvertedFile.of(named, type(arguments.text(DTYPE).get()));
      write(source, tensors, target, shardBytes);
      console.print(target + ": " + Units.plural(tensors.entries().size(), "tensor") + ", " + changes(named, tensors));
    }
    return 0;
  }

  private static TensorFile renamed(TensorFile source, String asked) throws IOException {
    KnownModel model = KnownModel.in(source);
    String naming = asked.equals(HUGGING_FACE) ? Umt5Weights.HUGGING_FACE : asked;
    if (model.names().namings().contains(naming)) return model.reader().renamed(naming);
    List<String> known = model.names().namings().stream().map(name -> name.equals(Umt5Weights.HUGGING_FACE)
        ? HUGGING_FACE
        : name).toList();
    throw UserError.usage("--names: no such names of a " + model.label() + ": " + asked + Spelling.suggestion(asked, known)
        + "; there are " + String.join(", ", known));
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
