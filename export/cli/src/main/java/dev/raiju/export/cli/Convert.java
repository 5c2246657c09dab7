package dev.raiju.export.cli;

import dev.raiju.models.pipeline.KnownModel;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.AffineFile;
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
/// Without `--dtype` every tensor keeps its type and its bytes, without `--names` its name. The configuration beside the weights of a
/// part of a model goes with them from folder to folder, unless it is for other names.
final class Convert implements Command {
  private static final String DTYPE = "--dtype";
  private static final String NAMES = "--names";
  // what users call the transformers library
  private static final String HUGGING_FACE = "hf";
  private static final String SHARD_SIZE = "--shard-mib";
  private static final long DEFAULT_SHARD_MIB = 5 << 10;
  private static final String CONFIG = "config.json";
  private static final List<String> TYPES = List.of("f32", "f16", "bf16", "f64", "int8", "int4", "q8_0", "q4_0");

  @Override
  public String name() { return "convert"; }

  @Override
  public String arguments() { return "SRC DST [OPTION …]"; }

  @Override
  public String summary() { return "writes the tensors of a file or folder in another format or type, or under other names"; }

  @Override
  public List<Option> options() {
    return List.of(Option.of(DTYPE, "TYPE", "f32, f16, bf16, f64; int8, int4 as MLX has them; for .gguf q8_0, q4_0 [as stored]"),
        Option.of(NAMES, "NAMES", "original, diffusers, hf or gguf, for a known model [as they are stored]"), Option.of(
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
      boolean renames = arguments.has(NAMES);
      TensorFile named = renames ? renamed(source, arguments.text(NAMES).orElseThrow()) : source;
      TensorFile tensors = arguments.text(DTYPE).isEmpty()
          ? named
          : converted(AffineFile.of(named), arguments.text(DTYPE).get());
      write(source, tensors, target, shardBytes);
      if (!renames && Files.isDirectory(paths.get(0)) && Files.isDirectory(target)) copyConfig(paths.get(0), target);
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

  /// The tensors in the type that the user named.
  private static TensorFile converted(TensorFile source, String label) {
    return switch (label.toLowerCase(Locale.ROOT)) {
      case "int8" -> ConvertedFile.affine(source, 8);
      case "int4" -> ConvertedFile.affine(source, 4);
      case String name when TYPES.contains(name) -> ConvertedFile.of(source, DType.parse(name));
      default -> throw UserError.usage("--dtype: no such type: " + label + Spelling.suggestion(label, TYPES) + "; there are "
          + String.join(", ", TYPES));
    };
  }

  private static void copyConfig(Path source, Path target) throws IOException {
    Path config = source.resolve(CONFIG);
    if (Files.exists(config)) Durable.system().write(target.resolve(CONFIG), Files.readAllBytes(config));
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
      if (tensors.entries().values().stream().anyMatch(spec -> spec.dtype().kind() == DType.Kind.BLOCK)) {
        throw UserError.usage("convert: .gguf has no such type; needs q8_0 or q4_0");
      }
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
    TensorFile before = tensors == source ? source : AffineFile.of(source);
    for (Map.Entry<String, Spec> entry : tensors.entries().entrySet()) {
      DType from = before.spec(entry.getKey()).dtype();
      DType to = entry.getValue().dtype();
      counts.merge(from == to ? from.label() : from + " as " + to, 1, Integer::sum);
    }
    return String.join(", ", counts.entrySet().stream().map(entry -> entry.getValue() + " " + entry.getKey()).toList());
  }
}
