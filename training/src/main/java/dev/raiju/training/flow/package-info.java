/// Flow matching: noise levels to train at, and the straight path from data to noise.
package dev.raiju.training.flow;
