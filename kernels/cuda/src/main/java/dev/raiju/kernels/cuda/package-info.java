/// Tensors on NVIDIA GPUs. The kernels are CUDA sources that ship as PTX; the host talks to the driver alone, through a narrow
/// interface, so that neither toolkit nor compiler is needed.
package dev.raiju.kernels.cuda;
