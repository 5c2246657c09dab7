/// Models as packages for iOS and macOS: a bundle with the launches of its operations, and the code that runs it there.
package dev.raiju.export.apple;
