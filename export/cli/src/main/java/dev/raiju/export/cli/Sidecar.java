package dev.raiju.export.cli;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// What made a clip, as JSON beside it: enough to make the same bytes again, and to say what is different where they differ. The
/// same clip made again gives the same text.
///
/// @param origin where it comes from
/// @param file the clip's file, unless only frames were written
/// @param pixels digest of the clip itself
record Sidecar(Origin origin, Optional<Encoded> file, String pixels) {
  /// The clip's file.
  ///
  /// @param name without folder
  /// @param encoder [Encoders#OWN] or [Encoders#FFMPEG]
  /// @param digest of its bytes
  record Encoded(String name, String encoder, String digest) {}

  /// Reads a sidecar.
  ///
  /// @throws ModelFormatException if it is none
  static Sidecar read(Path path) throws IOException {
    Fields json = Fields.read(path);
    if (!json.has("pixels_sha256")) throw new ModelFormatException(Reason.FIELD_MISSING, path, "no sidecar of a clip");
    Optional<Encoded> file = Optional.empty();
    if (json.has("file")) {
      Fields encoded = json.object("file");
      file = Optional.of(new Encoded(plainName(encoded, "name"), encoded.string("encoder"), encoded.string("sha256")));
    }
    return new Sidecar(Origin.read(json), file, json.string("pixels_sha256"));
  }

  /// The name of a file beside another one, which may come from anybody.
  static String plainName(Fields json, String key) throws ModelFormatException {
    String name = json.string(key);
    boolean plain = !name.isBlank() && name.indexOf('/') < 0 && name.indexOf('\\') < 0 && name.indexOf(':') < 0 && name.indexOf(
        '\0') < 0 && !name.equals("..") && !name.equals(".");
    if (!plain) throw json.refuse(key, "is " + name + "; needs a plain file name");
    return name;
  }

  Json.Obj write() {
    Json.Obj json = origin.write();
    if (file.isPresent()) {
      json = json.with("file", Json.object().with("name", file.get().name()).with("encoder", file.get().encoder()).with("sha256",
          file.get().digest()));
    }
    return json.with("pixels_sha256", pixels);
  }
}
