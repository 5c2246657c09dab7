import Foundation
import XCTest

@testable import RaijuVideo

/// The clip that another machine made of the same text and seed.
final class GoldenTests: XCTestCase {
  private struct Question: Decodable {
    let prompt: String
    let seed: UInt64
  }

  private func golden(_ name: String) throws -> Data {
    guard let folder = Bundle.module.url(forResource: "Golden", withExtension: nil),
      let data = try? Data(contentsOf: folder.appendingPathComponent(name))
    else { throw XCTSkip("the package was written without a golden clip") }
    return data
  }

  func testGivesTheGoldenClip() async throws {
    let question = try JSONDecoder().decode(Question.self, from: golden("golden.json"))
    let wanted = try golden("golden.rgb")
    let model = try VideoModel()
    var given = Data()
    for try await frame in model.frames(of: question.prompt, seed: question.seed) { given.append(frame.rgb) }
    XCTAssertEqual(given.count, wanted.count)
    let differences = zip(given, wanted).map { abs(Int($0) - Int($1)) }
    // sums run in another order, which may move a value over the edge between two steps
    XCTAssertLessThanOrEqual(differences.max() ?? 0, 2)
    XCTAssertLessThanOrEqual(differences.filter { $0 > 0 }.count, wanted.count / 50)
  }

  func testStopsWhenCancelled() async throws {
    let model = try VideoModel()
    let task = Task { try await model.generate("a red circle moves right") }
    task.cancel()
    do {
      _ = try await task.value
      XCTFail("a cancelled clip was made")
    } catch is CancellationError {
    }
  }
}
