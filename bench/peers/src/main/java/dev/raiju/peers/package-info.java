/// Other engines, which the benchmarks ask for one round at a time.
@org.jspecify.annotations.NullMarked
package dev.raiju.peers;
