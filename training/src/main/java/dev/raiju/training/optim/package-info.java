/// Optimisers, schedules, gradient norms and moving averages.
package dev.raiju.training.optim;
