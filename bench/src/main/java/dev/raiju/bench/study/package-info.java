/// Studies: ways to train compared at equal budgets, from a configuration to raw results to a report.
@org.jspecify.annotations.NullMarked
package dev.raiju.bench.study;
