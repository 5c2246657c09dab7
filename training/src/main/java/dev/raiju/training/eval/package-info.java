/// Says whether a clip shows what its prompt asked for, by rules that read shapes, colours, motions and digits.
package dev.raiju.training.eval;
