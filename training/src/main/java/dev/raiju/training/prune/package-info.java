/// Cuts a small transformer out of a large one by Taylor scores.
package dev.raiju.training.prune;
