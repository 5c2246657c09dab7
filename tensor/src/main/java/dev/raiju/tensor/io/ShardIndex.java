package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Which shard holds which tensor: the contents of `….safetensors.index.json`.
///
/// @param shards the plain file name of the shard by the tensor's name
record ShardIndex(Map<String, String> shards, Map<String, String> metadata) {
  static final int MAX_SHARDS = 4096;

  // no separators, no drive or stream of Windows, nothing that a shell or terminal takes for more than a letter
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+@=-]{0,250}");
  private static final Pattern DEVICE = Pattern.compile("(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?");

  static ShardIndex parse(byte[] json, Guard guard) throws ModelFormatException {
    Fields index = Fields.of(guard, JsonTree.parse(json, guard));
    Fields map = index.object("weight_map");
    guard.enter("weight_map");
    guard.check(map.names().size() <= SafeTensorsHeader.MAX_ENTRIES, Reason.TOO_MANY_ENTRIES, "%d tensors; at most %d",
        map.names().size(), SafeTensorsHeader.MAX_ENTRIES);
    Map<String, String> shards = LinkedHashMap.newLinkedHashMap(map.names().size());
    Set<String> files = new LinkedHashSet<>();
    for (String name : map.names()) {
      guard.check(name.getBytes(StandardCharsets.UTF_8).length <= SafeTensorsHeader.MAX_NAME_BYTES, Reason.NAME_TOO_LONG,
          "name of %d characters; at most %d bytes", name.length(), SafeTensorsHeader.MAX_NAME_BYTES);
      String file = map.string(name);
      if (files.add(file)) guard.check(isPlain(file), Reason.SHARD_NAME, "shard %s: not a plain file name", file);
      shards.put(name, file);
    }
    guard.enter("weight_map");
    guard.check(files.size() <= MAX_SHARDS, Reason.TOO_MANY_SHARDS, "%d shards; at most %d", files.size(), MAX_SHARDS);
    return new ShardIndex(Collections.unmodifiableMap(shards), metadata(index));
  }

  private static Map<String, String> metadata(Fields index) throws ModelFormatException {
    if (!index.has("metadata")) return Map.of();
    Fields described = index.object("metadata");
    Map<String, String> all = new LinkedHashMap<>();
    for (String name : described.names()) {
      Json value = described.value(name);
      all.put(name, value instanceof Json.Str(String text) ? text : value.compact());
    }
    return Collections.unmodifiableMap(all);
  }

  private static boolean isPlain(String file) {
    return PLAIN.matcher(file).matches() && !DEVICE.matcher(file.toLowerCase(Locale.ROOT)).matches() && !file.endsWith(".");
  }

  /// Where a shard lies: within the directory of the index even after links are followed.
  static Path locate(Path directory, String file, Guard guard) throws IOException {
    guard.enter(file);
    Path real;
    try {
      real = directory.resolve(file).toRealPath();
    } catch (NoSuchFileException e) {
      throw guard.refusal(Reason.SHARD_MISSING, "the shard is missing; needs it beside the index");
    }
    guard.check(real.startsWith(directory.toRealPath()), Reason.SHARD_OUTSIDE,
        "a link to %s, outside of the index's directory; put the file itself there", real.toString());
    guard.check(Files.isRegularFile(real), Reason.SHARD_MISSING, "not a file");
    return real;
  }
}
