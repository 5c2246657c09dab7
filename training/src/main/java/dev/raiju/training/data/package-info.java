/// Clips to train on, drawn from a seed: moving shapes and handwritten digits, with captions of one grammar.
package dev.raiju.training.data;
