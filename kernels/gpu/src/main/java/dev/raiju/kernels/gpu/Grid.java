package dev.raiju.kernels.gpu;

/// How many blocks there are along three axes, and how many threads each has.
///
/// @param x up to 2^31 - 1
/// @param y up to 65535, as is `z`
/// @param threads of a block, along one axis
public record Grid(int x, int y, int z, int threads) {}
