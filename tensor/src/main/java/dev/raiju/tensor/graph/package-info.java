/// Computations before they run: what they would take, and plans that are captured once and replayed.
package dev.raiju.tensor.graph;
