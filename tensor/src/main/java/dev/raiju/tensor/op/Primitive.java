package dev.raiju.tensor.op;

/// The closed set of operations that a backend implements. The reference device has them all; their scalar loops are the meaning.
public sealed interface Primitive extends Op
    permits Elementwise, Cast, Copy, ToDevice, Fill, Iota, RandomDraw, Reduce, ArgMax, CumulativeSum, MatMul, Convolution,
    ConvolutionInputGradient, ConvolutionWeightGradient, FoldWindows, Gather, ScatterAdd, TakeAlong, AddAlong, Sort, Concat, Pad,
    Quantize,
    Dequantize {
}
