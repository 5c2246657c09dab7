/// The part of the CUDA driver API that the backend uses.
package dev.raiju.kernels.cuda.driver;
