/// What computations would take, before they run.
package dev.raiju.tensor.graph;
