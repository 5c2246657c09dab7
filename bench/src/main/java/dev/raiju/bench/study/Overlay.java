package dev.raiju.bench.study;

import dev.raiju.tensor.io.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/// Settings laid over settings: members of objects one by one, everything else as a whole; `null` takes a member away. RFC 7396.
final class Overlay {
  private Overlay() {}

  static Json.Obj of(Json.Obj below, Json.Obj above) {
    Map<String, Json> members = new LinkedHashMap<>(below.members());
    above.members().forEach((name, value) -> {
      switch (value) {
        case Json.Null _ -> members.remove(name);
        case Json.Obj inner -> members.put(name, of(members.get(name) instanceof Json.Obj before ? before : Json.object(),
            inner));
        case Json.Arr _,Json.Str _,Json.Int _,Json.Real _,Json.Bool _ -> members.put(name, value);
      }
    });
    return new Json.Obj(members);
  }

  /// The object called `name`, or an empty one.
  static Json.Obj part(Json.Obj of, String name) {
    return of.members().get(name) instanceof Json.Obj part ? part : Json.object();
  }
}
