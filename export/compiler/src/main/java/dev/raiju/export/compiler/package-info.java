/// Captures the parts of a model with static shapes, folds what does not change, and writes a bundle.
package dev.raiju.export.compiler;
