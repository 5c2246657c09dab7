/// The CPU backend, found as a service under the name `cpu`. Results have the same bits for any number of threads and any vector
/// width, and without the vector module.
package dev.raiju.kernels.cpu;
