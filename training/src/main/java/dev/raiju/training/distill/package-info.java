/// A student learns from its teacher: by flow, output and blocks, and to few steps by distribution matching.
package dev.raiju.training.distill;
