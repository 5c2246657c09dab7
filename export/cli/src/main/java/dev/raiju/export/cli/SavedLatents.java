package dev.raiju.export.cli;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// A clip that was denoised and not decoded yet, in a safetensors file: one tensor, and in the metadata all that the rest of the work
/// needs to know.
///
/// @param origin where the clip comes from
/// @param target the name of the clip's file, beside this one, if it shall lie there
/// @param encoder [Encoders#OWN] or [Encoders#FFMPEG]
/// @param digest of the tensor's bytes
record SavedLatents(Origin origin, Optional<String> target, String encoder, String digest) {
  private static final String TENSOR = "latents";
  private static final String CLIP = "raiju_clip";

  /// How names end that were not chosen by the user.
  static final String ENDING = ".latents.safetensors";

  /// Writes a file, whole or not at all.
  ///
  /// @param latents f32
  static void write(Path file, Tensor latents, Origin origin, Optional<String> target, String encoder) throws IOException {
    Json.Obj clip = origin.write().with("encoder", encoder);
    if (target.isPresent()) clip = clip.with("target", target.get());
    String json = clip.with("latents_sha256", Digest.of(latents.toBytes())).compact();
    try {
      Interruption.withstand(() -> {
        Durable.system().write(file, SafeTensors.contents(Map.of(TENSOR, latents), Map.of(CLIP, json)));
        return file;
      });
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /// Reads what a file says of itself.
  ///
  /// @throws ModelFormatException if it holds no latents of a clip
  static SavedLatents read(Path file) throws IOException {
    try (SafeTensors tensors = SafeTensors.open(file)) {
      String json = tensors.metadata().get(CLIP);
      if (json == null)
        throw new ModelFormatException(Reason.FIELD_MISSING, file, "no latents of a clip, as raiju generate saves them");
      Fields clip = Fields.of(file.toString(), Json.parse(file.toString(), json));
      Optional<String> target = clip.has("target") ? Optional.of(Sidecar.plainName(clip, "target")) : Optional.empty();
      return new SavedLatents(Origin.read(clip), target, clip.string("encoder"), clip.string("latents_sha256"));
    }
  }

  /// The tensor, mapped, owned by the caller.
  ///
  /// @param shape that the clip's latents have
  /// @throws ModelFormatException if the file holds anything else, or other values than were saved
  Tensor tensor(Path file, Shape shape) throws IOException {
    try (SafeTensors tensors = SafeTensors.open(file)) {
      Spec spec = tensors.spec(TENSOR);
      if (tensors.entries().size() != 1 || spec.dtype() != DType.F32 || !spec.shape().equals(shape)) {
        throw new ModelFormatException(Reason.TENSOR_SHAPE, file, TENSOR + ": " + spec + " and " + (tensors.entries().size() - 1)
            + " more; this clip of this model has f32 " + shape + " alone");
      }
      Tensor latents = tensors.tensor(TENSOR, Device.reference());
      if (!Digest.of(latents.toBytes()).equals(digest)) {
        latents.close();
        throw new ModelFormatException(Reason.CHECKSUM, file, TENSOR + ": its values are not those that were saved");
      }
      return latents;
    }
  }
}
