/// The host's side of kernels that take addresses: which one an operation needs, its grid, and its arguments, the same bytes for every
/// GPU. A backend brings a [Gpu], which has memory and launches by name, and kernels that read the arguments.
package dev.raiju.kernels.gpu;
