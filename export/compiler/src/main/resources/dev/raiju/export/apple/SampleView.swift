#if canImport(SwiftUI)
  import CoreGraphics
  import SwiftUI

  /// A screen to begin with: a prompt, a button, and the clip as it comes.
  public struct SampleView: View {
    @State private var prompt = "a red circle moves right"
    @State private var frames: [CGImage] = []
    @State private var shown = 0
    @State private var progress = 0.0
    @State private var problem = ""
    @State private var task: Task<Void, Never>?
    @State private var model: VideoModel?
    private let clock = Timer.publish(every: 0.125, on: .main, in: .common).autoconnect()

    public init() {}

    public var body: some View {
      VStack(spacing: 16) {
        picture.frame(maxWidth: .infinity, maxHeight: .infinity)
        ProgressView(value: progress)
        TextField("Prompt", text: $prompt).textFieldStyle(.roundedBorder)
        Button(task == nil ? "Make a clip" : "Stop") {
          if let task { task.cancel() } else { start() }
        }
        if !problem.isEmpty { Text(problem).font(.footnote).foregroundStyle(.red) }
      }
      .padding()
      .onReceive(clock) { _ in shown = frames.isEmpty ? 0 : (shown + 1) % frames.count }
    }

    @ViewBuilder private var picture: some View {
      if frames.indices.contains(shown) {
        Image(decorative: frames[shown], scale: 1).resizable().interpolation(.none).scaledToFit()
      } else {
        Color.secondary.opacity(0.2)
      }
    }

    private func start() {
      frames = []
      problem = ""
      progress = 0
      task = Task { @MainActor in
        do {
          let video = try await opened()
          for try await frame in video.frames(of: prompt, progress: { part in Task { @MainActor in progress = part } }) {
            frames.append(frame.image)
          }
        } catch is CancellationError {
        } catch {
          problem = error.localizedDescription
        }
        task = nil
      }
    }

    @MainActor private func opened() async throws -> VideoModel {
      if let model { return model }
      let fresh = try await Task.detached { try VideoModel() }.value
      model = fresh
      return fresh
    }
  }
#endif
