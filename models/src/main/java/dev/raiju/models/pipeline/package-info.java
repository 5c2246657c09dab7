/// From a prompt to a clip, and from a clip to a file. Start at [VideoPipeline].
package dev.raiju.models.pipeline;
