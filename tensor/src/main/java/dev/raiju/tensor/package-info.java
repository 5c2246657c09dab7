/// Tensors and what they are made of: element type, shape, layout, device, and the scope that gives their memory back.
///
/// Start at [Tensor]; what computes is a [Device].
package dev.raiju.tensor;
