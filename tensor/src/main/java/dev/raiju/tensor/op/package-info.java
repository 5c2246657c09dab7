/// The operations, one a file: the way to call it, its shape rule, its meaning, its cost, and its gradient if it has its own.
package dev.raiju.tensor.op;
