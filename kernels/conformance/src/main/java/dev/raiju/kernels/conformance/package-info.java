/// The harness: JUnit tests to inherit from, which run a backend or a fused op through the table.
package dev.raiju.kernels.conformance;
