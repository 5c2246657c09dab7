/// One run of everything on a machine with a GPU: conformance, goldens, checks by the vendor's tools, times, training.
@org.jspecify.annotations.NullMarked
package dev.raiju.bench.gpu;
