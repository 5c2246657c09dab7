/// Noise levels, and the ways to walk from noise to data along a network's velocity.
package dev.raiju.models.sampler;
