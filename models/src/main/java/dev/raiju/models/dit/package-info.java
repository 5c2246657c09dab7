/// The video diffusion transformer of Wan 2.1.
package dev.raiju.models.dit;
