import CoreGraphics
import Foundation
import RaijuCore

/// A text-to-video model on the GPU of this device.
///
/// One clip at a time is made; further calls wait for their turn.
public final class VideoModel: @unchecked Sendable {
  /// One picture of a clip.
  public struct Frame: @unchecked Sendable {
    /// From 0.
    public let index: Int
    /// Bytes R, G, B of each pixel, row by row.
    public let rgb: Data
    public let image: CGImage
  }

  /// What went wrong, in one line.
  public struct Failure: LocalizedError {
    public let line: String
    public var errorDescription: String? { line }
  }

  /// The size of a clip, and what it takes.
  public let clip: RaijuClip
  private let model: OpaquePointer
  // the model is for one thread at a time
  private let queue = DispatchQueue(label: "dev.raiju.video", qos: .userInitiated)

  /// Opens the model of this package, or one that `raiju export` wrote elsewhere. Kernels are compiled the first time, which takes
  /// seconds: not on the main thread.
  public init(folder: URL? = nil) throws {
    guard let place = folder ?? Bundle.module.url(forResource: "Model", withExtension: nil) else {
      throw Failure(line: "the package has no folder Model")
    }
    var error = [CChar](repeating: 0, count: 1024)
    guard let opened = raiju_open(place.path, &error, error.count) else { throw Failure(line: String(cString: error)) }
    model = opened
    clip = raiju_clip(opened)
  }

  deinit { raiju_close(model) }

  /// The frames of a clip as they are made. Whoever stops listening, or whose task is cancelled, stops the work after the step that is
  /// under way.
  ///
  /// - Parameters:
  ///   - prompt: what is to be seen
  ///   - seed: the same one gives the same clip
  ///   - progress: from 0 to 1, called on a thread of its own
  public func frames(
    of prompt: String, seed: UInt64 = 0, progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) -> AsyncThrowingStream<Frame, Error> {
    AsyncThrowingStream { continuation in
      let making = Making(size: clip, progress: progress, continuation: continuation)
      continuation.onTermination = { _ in making.stop() }
      queue.async { self.make(prompt, seed, making) }
    }
  }

  /// All frames of a clip.
  public func generate(
    _ prompt: String, seed: UInt64 = 0, progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws -> [Frame] {
    var all: [Frame] = []
    for try await frame in frames(of: prompt, seed: seed, progress: progress) { all.append(frame) }
    try Task.checkCancellation()
    return all
  }

  private func make(_ prompt: String, _ seed: UInt64, _ making: Making) {
    var error = [CChar](repeating: 0, count: 1024)
    let context = Unmanaged.passUnretained(making).toOpaque()
    let result = raiju_generate(
      model, prompt, seed,
      { context, done, parts in
        let making = Unmanaged<Making>.fromOpaque(context!).takeUnretainedValue()
        making.progress(Double(done) / Double(parts))
        return !making.isStopped
      },
      { context, index, rgb in
        let making = Unmanaged<Making>.fromOpaque(context!).takeUnretainedValue()
        making.give(Int(index), rgb!)
        return !making.isStopped
      },
      context, &error, error.count)
    switch result {
    case RAIJU_DONE: making.continuation.finish()
    case RAIJU_CANCELLED: making.continuation.finish(throwing: CancellationError())
    default: making.continuation.finish(throwing: Failure(line: String(cString: error)))
    }
  }
}

/// A clip on its way: what the core's callbacks reach.
private final class Making: @unchecked Sendable {
  let progress: @Sendable (Double) -> Void
  let continuation: AsyncThrowingStream<VideoModel.Frame, Error>.Continuation
  private let size: RaijuClip
  private let lock = NSLock()
  private var stopped = false

  init(
    size: RaijuClip, progress: @escaping @Sendable (Double) -> Void,
    continuation: AsyncThrowingStream<VideoModel.Frame, Error>.Continuation
  ) {
    self.size = size
    self.progress = progress
    self.continuation = continuation
  }

  var isStopped: Bool { lock.withLock { stopped } }

  func stop() { lock.withLock { stopped = true } }

  func give(_ index: Int, _ rgb: UnsafePointer<UInt8>) {
    let width = Int(size.width)
    let height = Int(size.height)
    let data = Data(bytes: rgb, count: 3 * width * height)
    guard let provider = CGDataProvider(data: data as CFData),
      let image = CGImage(
        width: width, height: height, bitsPerComponent: 8, bitsPerPixel: 24, bytesPerRow: 3 * width,
        space: CGColorSpace(name: CGColorSpace.sRGB)!, bitmapInfo: CGBitmapInfo(rawValue: CGImageAlphaInfo.none.rawValue),
        provider: provider, decode: nil, shouldInterpolate: true, intent: .defaultIntent)
    else { return }
    continuation.yield(VideoModel.Frame(index: index, rgb: data, image: image))
  }
}
