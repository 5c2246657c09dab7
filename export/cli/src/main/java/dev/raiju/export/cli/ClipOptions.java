package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Prompt;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What may be said of a clip besides its prompt, wherever one is made or thought of.
final class ClipOptions {
  static final List<Option> ALL = List.of(
      Option.of("--size", "WxH", "pixels [as the model was trained]"),
      Option.of("--length", "F", "frames [as the model was trained]"),
      Option.of("--steps", "N", "how often the network runs [as the model was trained]"),
      Option.of("--guidance", "G", "how strongly the prompt is followed [as the model was trained]"));

  private static final Pattern SIZE = Pattern.compile("(\\d{1,5})[x×X*](\\d{1,5})");
  private static final int MOST_FRAMES = 1 << 16;
  private static final int MOST_STEPS = 1000;

  private ClipOptions() {}

  /// The prompt with what was said.
  ///
  /// @param command is named in errors
  static Prompt apply(Prompt prompt, Arguments arguments, String command) {
    Prompt asked = prompt;
    if (arguments.has("--steps")) asked = asked.steps((int) arguments.whole("--steps", 1, MOST_STEPS, 0));
    if (arguments.has("--guidance")) asked = asked.guidance(arguments.number("--guidance", 0, 100, 0));
    if (arguments.has("--length")) asked = asked.frames((int) arguments.whole("--length", 1, MOST_FRAMES, 0));
    Optional<String> size = arguments.text("--size");
    if (size.isEmpty()) return asked;
    Matcher sizes = SIZE.matcher(size.get());
    if (!sizes.matches())
      throw UserError.usage(command + ": --size: got " + size.get() + "; needs width and height, such as 64x64");
    return asked.size(Integer.parseInt(sizes.group(1)), Integer.parseInt(sizes.group(2)));
  }
}
