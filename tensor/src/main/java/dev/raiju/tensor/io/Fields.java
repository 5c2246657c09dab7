package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The members of a JSON object, read by name and type: configurations, manifests, sidecars.
///
/// ```java
/// Fields config = Fields.read(Path.of("config.json"));
/// long heads = config.integer("num_heads");
/// double eps = config.number("eps", 1e-6);            // 1e-6 if it is not there
/// List<Fields> layers = config.objects("layers");
/// config.refuseUnknown();                             // config.json: num_haeds: unknown; did you mean num_heads?
/// ```
/// Every method throws [ModelFormatException], whose message names the file and the path of the member, if a member without
/// fallback is not there or has another type. A member that is `null` counts as not there. Not for use by several threads.
public final class Fields {
  private final Guard guard;
  private final String path;
  private final Map<String, Json> members;
  private final Set<String> used = new HashSet<>();

  private Fields(Guard guard, String path, Map<String, Json> members) {
    this.guard = guard;
    this.path = path;
    this.members = members;
  }

  /// Reads a file that holds one JSON object.
  public static Fields read(Path file) throws IOException { return of(file.toString(), Json.read(file)); }

  /// The members of a value that must be an object.
  ///
  /// @param source what the value is from, for messages
  public static Fields of(String source, Json value) throws ModelFormatException { return of(new Guard(source), value); }

  static Fields of(Guard guard, Json value) throws ModelFormatException {
    guard.enter("");
    if (value instanceof Json.Obj(Map<String, Json> members)) return new Fields(guard, "", members);
    throw guard.refusal(Reason.JSON_WRONG_TYPE, "found %s; needs an object", kind(value));
  }

  /// The names of all members, in the order of the text.
  public Set<String> names() { return members.keySet(); }

  /// Whether there is such a member that is not `null`.
  public boolean has(String name) {
    used.add(name);
    return members.containsKey(name) && !(members.get(name) instanceof Json.Null);
  }

  /// A member of any type.
  public Json value(String name) throws ModelFormatException {
    boolean there = has(name);
    at(name).check(there, Reason.FIELD_MISSING, "missing%s", new Nearest(name, members.keySet()));
    return members.getOrDefault(name, new Json.Null());
  }

  public String string(String name) throws ModelFormatException {
    return value(name) instanceof Json.Str(String text) ? text : refuseType(name, "a string");
  }

  public String string(String name, String fallback) throws ModelFormatException { return has(name) ? string(name) : fallback; }

  public long integer(String name) throws ModelFormatException {
    return value(name) instanceof Json.Int(long whole) ? whole : refuseType(name, "a whole number");
  }

  public long integer(String name, long fallback) throws ModelFormatException { return has(name) ? integer(name) : fallback; }

  /// A whole number from `least` to `most`, both included.
  public int integer(String name, int least, int most) throws ModelFormatException {
    long value = integer(name);
    at(name).check(value >= least && value <= most, Reason.FIELD_RANGE, "out of range: %d; needs %d to %d", value, least, most);
    return (int) value;
  }

  /// A number, whole or not.
  public double number(String name) throws ModelFormatException { return number(name, value(name)); }

  public double number(String name, double fallback) throws ModelFormatException { return has(name) ? number(name) : fallback; }

  public boolean flag(String name) throws ModelFormatException {
    return value(name) instanceof Json.Bool(boolean flag) ? flag : refuseType(name, "true or false");
  }

  public boolean flag(String name, boolean fallback) throws ModelFormatException { return has(name) ? flag(name) : fallback; }

  public Fields object(String name) throws ModelFormatException { return object(name, value(name)); }

  /// The object called `name`, if it is there.
  public Optional<Fields> optionalObject(String name) throws ModelFormatException {
    return has(name) ? Optional.of(object(name)) : Optional.empty();
  }

  public List<Fields> objects(String name) throws ModelFormatException {
    List<Fields> all = new ArrayList<>();
    for (Json item : items(name)) all.add(object(name + "[" + all.size() + "]", item));
    return all;
  }

  public List<String> strings(String name) throws ModelFormatException {
    List<String> all = new ArrayList<>();
    for (Json item : items(name)) {
      all.add(item instanceof Json.Str(String text) ? text : refuseType(name, item, "strings only"));
    }
    return all;
  }

  public long[] integers(String name) throws ModelFormatException {
    List<Json> items = items(name);
    long[] all = new long[items.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = items.get(i) instanceof Json.Int(long whole) ? whole : refuseType(name, items.get(i), "whole numbers only");
    }
    return all;
  }

  public double[] numbers(String name) throws ModelFormatException {
    List<Json> items = items(name);
    double[] all = new double[items.size()];
    for (int i = 0; i < all.length; i++) all[i] = number(name, items.get(i));
    return all;
  }

  private List<Json> items(String name) throws ModelFormatException {
    return value(name) instanceof Json.Arr(List<Json> items) ? items : refuseType(name, "an array");
  }

  private double number(String name, Json value) throws ModelFormatException {
    return switch (value) {
      case Json.Int(long whole) -> whole;
      case Json.Real(double real) -> real;
      default -> refuseType(name, value, "a number");
    };
  }

  private Fields object(String name, Json value) throws ModelFormatException {
    return value instanceof Json.Obj(Map<String, Json> inner)
        ? new Fields(guard, path + name + ".", inner)
        : refuseType(name, value, "an object");
  }

  /// Says that these members may be there and do not matter.
  public void ignore(String... names) { used.addAll(Arrays.asList(names)); }

  /// Refuses members that nobody asked for, the ones a misspelt name leaves over.
  public void refuseUnknown() throws ModelFormatException {
    Set<String> asked = new HashSet<>(used);
    asked.removeAll(members.keySet());
    for (String name : members.keySet()) {
      at(name).check(used.contains(name), Reason.FIELD_UNKNOWN, "unknown%s", new Nearest(name, asked.isEmpty() ? used : asked));
    }
  }

  /// The exception to throw for a member whose value makes no sense to the caller.
  ///
  /// @param problem what is wrong, the value seen, what is needed
  public ModelFormatException refuse(String name, String problem) {
    return at(name).refusal(Reason.FIELD_RANGE, problem.replace("%", "%%"));
  }

  private <T> T refuseType(String name, String needed) throws ModelFormatException {
    return refuseType(name, members.getOrDefault(name, new Json.Null()), needed);
  }

  private <T> T refuseType(String name, Json found, String needed) throws ModelFormatException {
    throw at(name).refusal(Reason.JSON_WRONG_TYPE, "found %s; needs %s", kind(found), needed);
  }

  private Guard at(String name) {
    guard.enter(path + name);
    return guard;
  }

  private static String kind(Json value) {
    return switch (value) {
      case Json.Obj _ -> "an object";
      case Json.Arr _ -> "an array";
      case Json.Str _ -> "a string";
      case Json.Int _ -> "a whole number";
      case Json.Real _ -> "a number with a fraction";
      case Json.Bool _ -> "true or false";
      case Json.Null() -> "null";
    };
  }
}
