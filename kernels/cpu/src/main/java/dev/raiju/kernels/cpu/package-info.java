/// The CPU backend, found as a service under the name `cpu`. Results in f32 have the same bits for any number of threads
/// and any vector width, with and without the vector module and emitted machine code.
package dev.raiju.kernels.cpu;
