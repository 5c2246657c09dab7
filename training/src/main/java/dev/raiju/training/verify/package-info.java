/// Whether training is right: golden files, and a step that is compared between devices.
package dev.raiju.training.verify;
