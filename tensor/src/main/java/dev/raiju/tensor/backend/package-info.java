/// All that a backend implements, and the host memory that backends on the CPU share.
package dev.raiju.tensor.backend;
