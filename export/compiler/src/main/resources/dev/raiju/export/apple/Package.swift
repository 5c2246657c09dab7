// swift-tools-version:5.9
import PackageDescription

let package = Package(
  name: "RaijuVideo",
  platforms: [.iOS(.v16), .macOS(.v13)],
  products: [.library(name: "RaijuVideo", targets: ["RaijuVideo"])],
  targets: [
    .target(
      name: "RaijuCore",
      linkerSettings: [.linkedFramework("Foundation"), .linkedFramework("Metal"), .linkedFramework("CoreGraphics")]
    ),
    .target(name: "RaijuVideo", dependencies: ["RaijuCore"], resources: [.copy("Model")]),
    .testTarget(name: "RaijuVideoTests", dependencies: ["RaijuVideo"], resources: [.copy("Golden")]),
  ]
)
