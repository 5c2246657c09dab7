package dev.raiju.kernels.cpu.loops;

/// The numbers of one AdamW step, each rounded to f32 once:
/// `m ← m·beta1 + g'·rest1`, `v ← v·beta2 + g'²·rest2`, `p ← p - (p·decay + m·rate / (sqrt(v)·root + eps))` with
/// `g' = g·factor`.
///
/// @param beta1 decay of the first moment
/// @param rest1 `1 - β₁`
/// @param beta2 decay of the second moment
/// @param rest2 `1 - β₂`
/// @param eps added to the root
/// @param decay learning rate times weight decay
/// @param rate learning rate divided by `1 - β₁ᵗ`
/// @param root `1 / sqrt(1 - β₂ᵗ)`
/// @param factor of the gradient
public record AdamWStep(float beta1, float rest1, float beta2, float rest2, float eps, float decay, float rate, float root,
    float factor) {}
