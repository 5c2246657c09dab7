/// Dense linear algebra in f64 at the sizes of a study: solving, eigenvalues. Not for the hot loops of a model.
package dev.raiju.training.linalg;
