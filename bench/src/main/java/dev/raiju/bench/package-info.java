/// Benchmarks: `raiju bench`.
@org.jspecify.annotations.NullMarked
package dev.raiju.bench;
