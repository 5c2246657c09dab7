package dev.raiju.bench.gpu;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCases;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What was asked for on the command line, `--name value` each.
record Settings(Map<String, String> values) {
  private static final Map<String, String> DEFAULTS = new LinkedHashMap<>();

  static {
    DEFAULTS.put("--seconds", "450");
    DEFAULTS.put("--out", "results");
    DEFAULTS.put("--device", "cuda");
    DEFAULTS.put("--library", "");
    DEFAULTS.put("--python", "python3");
    DEFAULTS.put("--sanitizer", "compute-sanitizer");
    DEFAULTS.put("--memory", "6g");
    DEFAULTS.put("--parts", "");
    DEFAULTS.put("--rows", "");
    DEFAULTS.put("--goldens", "");
    DEFAULTS.put("--times", "");
    DEFAULTS.put("--rounds", "7");
    DEFAULTS.put("--chain", "");
  }

  /// Times to take, the most telling first: the limit of memory, products, attention, what memory limits, blocks, models.
  private static final List<String> TIMES = List.of("copy_256M f32", "linear_11154x1536x8960 bf16",
      "attn_12h128_11154 bf16", "attn_fwdbwd_12h128_11154 bf16", "rmsnorm_32760x1536 bf16", "layernorm_modulate_32760x1536 bf16",
      "adamw_fused_16M f32", "linear_11154x8960x1536 bf16", "linear_11154x1536x1536 bf16", "linear_8192x8192x8192 bf16",
      "block_lightning_t11154 bf16", "train_lightning_t1280 bf16", "fwd_lightning_t11154 bf16", "attn_12h128_32760 bf16",
      "attn_fwdbwd_12h128_32760 bf16", "train_wan13b_t1280 bf16", "linear_fwdbwd_1280x1536x4480 bf16",
      "linear_11154x1536x4480 bf16", "linear_11154x4480x1536 bf16", "linear_32760x1536x8960 bf16", "linear_32760x8960x1536 bf16",
      "linear_32760x1536x1536 bf16", "rmsnorm_fused_32760x1536 bf16", "rmsnorm_32760x1536 f32",
      "layernorm_modulate_32760x1536 f32", "rope3d_1280x12x128 bf16", "gelu_tanh_1280x8960 bf16",
      "attn_cross_12h128_1280x512 bf16", "linear_1280x1536x4480 bf16", "linear_1280x1536x4480 w4", "linear_1280x1536x4480 w8",
      "linear_11154x1536x4480 f32", "train_small_t1280 bf16", "train_tiny_t256 bf16", "fwd_wan13b_t11154 bf16",
      "fwd_wan13b_t32760 bf16");

  /// Rows with every kind of kernel, for tools under which all is a hundred times slower.
  private static final List<String> CHECKED = List.of("matmul", "linear narrow weight", "linear block weight", "attention",
      "attention_backward", "layer_norm", "rms_norm_backward", "softmax", "convolution 2d", "gather", "scatter_add", "adamw");

  static final List<String> TOOLS = List.of("memcheck", "racecheck", "synccheck", "initcheck");

  Settings {
    values = Map.copyOf(values);
  }

  /// @throws IllegalArgumentException for an option that there is not
  static Settings parse(List<String> typed) {
    Map<String, String> values = new LinkedHashMap<>(DEFAULTS);
    for (int i = 0; i < typed.size(); i += 2) {
      if (!values.containsKey(typed.get(i)) || i + 1 == typed.size())
        throw new IllegalArgumentException("run: " + typed.get(i) + ": no such option, or no value; there are " + String.join(
            ", ", DEFAULTS.keySet()));
      values.put(typed.get(i), typed.get(i + 1));
    }
    return new Settings(values);
  }

  private String text(String name) { return values.getOrDefault(name, ""); }

  private int whole(String name) { return Integer.parseInt(text(name)); }

  private List<String> list(String name, List<String> otherwise) {
    return text(name).isEmpty() ? otherwise : Arrays.stream(text(name).split(",")).map(String::strip).toList();
  }

  /// How long this call may take.
  int seconds() { return whole("--seconds"); }

  Path out() { return Path.of(text("--out")).toAbsolutePath(); }

  String device() { return text("--device"); }

  /// Another driver than the system's.
  Optional<String> library() { return text("--library").isEmpty() ? Optional.empty() : Optional.of(text("--library")); }

  String python() { return text("--python"); }

  String sanitizer() { return text("--sanitizer"); }

  /// For the Java heap of a process.
  String memory() { return text("--memory"); }

  int rounds() { return whole("--rounds"); }

  /// The chain of training that must learn: a file beside the jars if none was named.
  Path chain(Path home) { return text("--chain").isEmpty() ? home.resolve("learn.json") : Path.of(text("--chain")); }

  private List<String> rows() { return list("--rows", OpCases.all().stream().map(OpCase::name).toList()); }

  List<String> checked() { return CHECKED.stream().filter(rows()::contains).toList(); }

  /// Everything in the order in which it is done.
  ///
  /// @param goldens names of the files that were packed
  List<Part> parts(List<String> goldens) {
    List<Part> all = new ArrayList<>();
    all.add(new Part(Part.GOLDENS, list("--goldens", goldens), false));
    all.add(new Part(Part.CONFORMANCE, rows(), false));
    all.add(new Part(Part.TRAINING, List.of("learns"), false));
    all.add(new Part(Part.TIMES, list("--times", TIMES), false));
    all.add(new Part(Part.SANITIZER, TOOLS, true));
    all.add(new Part(Part.DEEPER, rows(), false));
    List<String> wanted = list("--parts", all.stream().map(Part::name).toList());
    return all.stream().filter(part -> wanted.contains(part.name())).toList();
  }

  /// The same for a process that does a part of it.
  List<String> typed() {
    List<String> words = new ArrayList<>();
    DEFAULTS.keySet().forEach(name -> words.addAll(List.of(name, text(name))));
    return words;
  }
}
