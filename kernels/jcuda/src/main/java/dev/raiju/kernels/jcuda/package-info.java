/// The CUDA driver through jcuda, for those who have it anyway. It is no named module: jcuda finds its native library on the class path
/// alone.
@org.jspecify.annotations.NullMarked
package dev.raiju.kernels.jcuda;
