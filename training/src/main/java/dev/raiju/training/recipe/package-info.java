/// Chains of training stages, told by one configuration.
package dev.raiju.training.recipe;
