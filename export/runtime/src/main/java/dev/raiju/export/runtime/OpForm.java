package dev.raiju.export.runtime;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.op.ArgMax;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Cast;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.Concat;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Fill;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.Iota;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Rope;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.TakeAlong;
import dev.raiju.tensor.op.Variance;
import dev.raiju.tensor.op.Window;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// An operation of inference as JSON: its name and its attributes. What is not in the table is in no bundle.
///
/// @param name in the file
/// @param type of the operation
/// @param writer its attributes
/// @param reader the operation of these attributes
record OpForm<T extends Op>(String name, Class<T> type, Writer<T> writer, Reader<T> reader) {
  /// The version of all forms. A form that changes its meaning gets another name.
  static final int VERSION = 1;

  private static final Map<String, OpForm<?>> BY_NAME = new LinkedHashMap<>();
  private static final Map<Class<?>, OpForm<?>> BY_TYPE = new LinkedHashMap<>();

  static {
    add("elementwise", Elementwise.class, (op, json) -> json.with("label", op.label()).with("formula", Formula.write(op.expr())),
        in -> new Elementwise(in.string("label"), Formula.read(in.value("formula"))));
    add("cast", Cast.class, (op, json) -> json.with("to", op.dtype().label()), in -> new Cast(dtype(in, "to")));
    add("copy", Copy.class, (_, json) -> json, _ -> new Copy());
    add("fill", Fill.class, (op, json) -> spec(op.spec(), json).with("number", Formula.number(op.value())), in -> new Fill(spec(
        in), Formula.number(in.value("number"))));
    add("iota", Iota.class, (op, json) -> json.with("dtype", op.dtype().label()).with("count", op.count()), in -> new Iota(dtype(
        in, "dtype"), in.integer("count")));
    add("reduce", Reduce.class, (op, json) -> axes(op.axes(), op.keepAxes(), json.with("kind", op.kind().name().toLowerCase(
        Locale.ROOT))), in -> new Reduce(Reduce.Kind.valueOf(in.string("kind").toUpperCase(Locale.ROOT)), axes(in), in.flag(
            "keep")));
    add("arg_max", ArgMax.class, (op, json) -> json.with("axis", op.axis()).with("keep", op.keepAxis()), in -> new ArgMax(axis(
        in), in.flag("keep")));
    add("cumulative_sum", CumulativeSum.class, (op, json) -> json.with("axis", op.axis()).with("reverse", op.reverse()),
        in -> new CumulativeSum(axis(in), in.flag("reverse")));
    add("mat_mul", MatMul.class, (_, json) -> json, _ -> new MatMul());
    add("convolution", Convolution.class, (op, json) -> window(op.window(), json), in -> new Convolution(window(in)));
    add("gather", Gather.class, (op, json) -> json.with("axis", op.axis()), in -> new Gather(axis(in)));
    add("take_along", TakeAlong.class, (op, json) -> json.with("axis", op.axis()), in -> new TakeAlong(axis(in)));
    add("concat", Concat.class, (op, json) -> json.with("axis", op.axis()), in -> new Concat(axis(in)));
    add("pad", Pad.class, (op, json) -> json.with("axis", op.axis()).with("before", op.before()).with("after", op.after()).with(
        "between", op.between()).with("number", Formula.number(op.value())), in -> new Pad(axis(in), in.integer("before"), in
            .integer("after"), in.integer("between"), Formula.number(in.value("number"))));
    add("dequantize", Dequantize.class, (op, json) -> json.with("to", op.dtype().label()), in -> new Dequantize(dtype(in, "to")));
    add("linear", Linear.class, (op, json) -> json.with("compute", op.compute().label()), in -> new Linear(dtype(in,
        "compute")));
    add("feed_forward", FeedForward.class, (op, json) -> json.with("gated", op.gated()).with("compute", op.compute().label())
        .with("hidden", op.hidden()), in -> new FeedForward(in.flag("gated"), dtype(in, "compute"), in.flag("hidden")));
    add("attention", Attention.class, (op, json) -> scores(op.scores(), json).with("log_sum_exp", op.logSumExp()),
        in -> new Attention(scores(in), in.flag("log_sum_exp")));
    add("rope", Rope.class, (_, json) -> json, _ -> new Rope());
    add("softmax", Softmax.class, (op, json) -> json.with("axis", op.axis()), in -> new Softmax(axis(in)));
    add("log_sum_exp", LogSumExp.class, (op, json) -> axes(op.axes(), op.keepAxes(), json), in -> new LogSumExp(axes(in), in.flag(
        "keep")));
    add("variance", Variance.class, (op, json) -> axes(op.axes(), op.keepAxes(), json), in -> new Variance(axes(in), in.flag(
        "keep")));
    add("layer_norm", LayerNorm.class, (op, json) -> norm(op.eps(), op.statistics(), json), in -> new LayerNorm(eps(in), in.flag(
        "statistics")));
    add("modulated_layer_norm", ModulatedLayerNorm.class, (op, json) -> norm(op.eps(), op.statistics(), json),
        in -> new ModulatedLayerNorm(eps(in), in.flag("statistics")));
    add("rms_norm", RmsNorm.class, (op, json) -> norm(op.eps(), op.statistics(), json), in -> new RmsNorm(eps(in), in.flag(
        "statistics")));
    add("channel_norm", ChannelNorm.class, (_, json) -> json, _ -> new ChannelNorm());
    add("group_norm", GroupNorm.class, (op, json) -> json.with("groups", op.groups()).with("eps", (double) op.eps()),
        in -> new GroupNorm(in.integer("groups", 1, Integer.MAX_VALUE), eps(in)));
  }

  /// Adds the attributes of an operation.
  interface Writer<T> {
    Json.Obj write(T op, Json.Obj json);
  }

  /// Reads the attributes of an operation.
  interface Reader<T> {
    T read(Fields in) throws IOException;
  }

  private static <T extends Op> void add(String name, Class<T> type, Writer<T> writer, Reader<T> reader) {
    OpForm<T> form = new OpForm<>(name, type, writer, reader);
    BY_NAME.put(name, form);
    BY_TYPE.put(type, form);
  }

  /// @throws IllegalArgumentException if no bundle can hold it
  static Json.Obj write(Op op) {
    OpForm<?> form = BY_TYPE.get(op.getClass());
    if (form == null) throw new IllegalArgumentException("bundle: " + op.name() + ": is no operation that bundles hold");
    return form.written(op);
  }

  private Json.Obj written(Op op) { return writer.write(type.cast(op), Json.object().with("op", name)); }

  static Op read(Fields in) throws IOException {
    OpForm<?> form = BY_NAME.get(in.string("op"));
    if (form == null) throw in.refuse("op", "no such operation: " + in.string("op"));
    return form.reader.read(in);
  }

  // ---- attributes that several have

  static DType dtype(Fields in, String name) throws IOException { return DType.parse(in.string(name)); }

  static Json.Obj spec(Spec spec, Json.Obj json) {
    return json.with("dtype", spec.dtype().label()).with("shape", integers(spec.shape().sizes()));
  }

  static Spec spec(Fields in) throws IOException {
    return new Spec(dtype(in, "dtype"), Shape.of(in.integers("shape")));
  }

  static Json.Arr integers(long... values) {
    return new Json.Arr(Arrays.stream(values).mapToObj(v -> Json.of(v)).toList());
  }

  private static Json.Arr integers(List<Integer> values) {
    return integers(values.stream().mapToLong(Integer::longValue).toArray());
  }

  private static List<Integer> integers(Fields in, String name) throws IOException {
    return Arrays.stream(in.integers(name)).mapToObj(Math::toIntExact).toList();
  }

  private static int axis(Fields in) throws IOException { return Math.toIntExact(in.integer("axis")); }

  private static Json.Obj axes(List<Integer> axes, boolean keep, Json.Obj json) {
    return json.with("axes", integers(axes)).with("keep", keep);
  }

  private static List<Integer> axes(Fields in) throws IOException { return integers(in, "axes"); }

  private static Json.Obj norm(float eps, boolean statistics, Json.Obj json) {
    return json.with("eps", (double) eps).with("statistics", statistics);
  }

  private static float eps(Fields in) throws IOException { return (float) in.number("eps"); }

  private static Json.Obj scores(Scores scores, Json.Obj json) {
    return json.with("scale", scores.scale()).with("bias", scores.bias()).with("mask", scores.mask()).with("causal_block", scores
        .causalBlock()).with("query_offset", scores.queryOffset());
  }

  private static Scores scores(Fields in) throws IOException {
    return new Scores(in.number("scale"), in.flag("bias"), in.flag("mask"), in.integer("causal_block"), in.integer(
        "query_offset"));
  }

  private static Json.Obj window(Window window, Json.Obj json) {
    return json.with("stride", integers(window.stride())).with("before", integers(window.before())).with("after", integers(window
        .after())).with("dilation", integers(window.dilation())).with("groups", window.groups());
  }

  private static Window window(Fields in) throws IOException {
    return new Window(integers(in, "stride"), integers(in, "before"), integers(in, "after"), integers(in, "dilation"), in
        .integer("groups", 1, Integer.MAX_VALUE));
  }
}
