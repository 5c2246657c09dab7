/// Tiny autoencoders: from frames to latents and back.
package dev.raiju.models.vae;
