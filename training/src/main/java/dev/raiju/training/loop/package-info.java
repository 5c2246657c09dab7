/// The training loop and the folder of a run, from which it goes on bit for bit.
package dev.raiju.training.loop;
