/// Modules that name their parameters, the layers that models share, and how checkpoints are read into them.
package dev.raiju.models.nn;
