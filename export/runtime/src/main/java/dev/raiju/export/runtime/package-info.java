/// Bundles and what runs them. The format is described in `export/FORMAT.md`.
package dev.raiju.export.runtime;
