package dev.raiju.export.apple;

import dev.raiju.export.apple.ApplePackage.Platform;
import dev.raiju.export.compiler.Export;
import dev.raiju.export.runtime.ClipRun;
import java.util.Locale;
import java.util.Optional;

/// The page of a package: what it needs, and how to use it.
record PackagePage(Export export, Platform platform, long memoryBytes, Optional<Golden> golden) {
  // beyond this, iOS ends an app on a phone of 6 GB unless it asks for more
  private static final long USUAL_LIMIT = 3L << 30;

  String text() {
    ClipRun run = export.run();
    return String.format(Locale.ROOT,
        """
            # RaijuVideo

            Clips from a text, on the GPU of %s: %d frames of %d x %d at %d frames a second, in %d steps.

            | | |
            |---|---|
            | needs | iOS 16 on an A14 or newer, or macOS 13 on Apple silicon; Xcode 15 |
            | size in the app | %s of weights, mapped from the app and never copied |
            | memory beside them | %s at most, for one of the three plans at a time |
            | entitlement | %s |
            | other libraries | none: Metal and Foundation alone |

            **This package has not run on Apple hardware yet, as far as its writer knows.** Its core was compiled and run on Linux against a
            stand-in for Metal. `swift test` says whether it works on yours%s.

            ```swift
            import RaijuVideo

            let model = try VideoModel()
            for try await frame in model.frames(of: "a red circle moves right", seed: 7) {
              show(frame.image)
            }
            ```

            Add the folder to a project in Xcode (File, Add Package Dependencies, Add Local), or name it in a manifest:
            `.package(path: "…")`. `SampleView` is a whole screen of SwiftUI to begin with. To stop a clip, cancel the task that awaits
            it; what is under way on the GPU is finished first, a step at most.

            `Sources/RaijuCore` has a C interface for apps without Swift. `Sources/RaijuVideo/Model` holds the plans, the weights, the
            tokenizer and the text of the kernels, which the system compiles when the model is opened, and keeps.

            Prompts: spaces are folded and characters normalised as the tokenizer asks. HTML references and text in wrong encodings, which
            the command line repairs, are taken as they are.
            """,
        platform == Platform.IOS ? "an iPhone or iPad" : "a Mac", run.frames(), run.width(), run.height(), run
            .framesPerSecond(), run.steps().size(), mebibytes(export.weightBytes()), mebibytes(memoryBytes), entitlement(), golden
                .isPresent() ? ", by a clip that another machine made" : "");
  }

  private String entitlement() {
    long most = export.plans().values().stream().mapToLong(plan -> plan.weightBytes() + plan.placed().bytes()).max().orElse(0);
    if (platform == Platform.MACOS) return "none";
    return most > USUAL_LIMIT
        ? "`com.apple.developer.kernel.increased-memory-limit`: a plan and its weights take " + mebibytes(most)
        : "none needed; with other large things in the app, `com.apple.developer.kernel.increased-memory-limit`";
  }

  private static String mebibytes(long bytes) { return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0); }
}
