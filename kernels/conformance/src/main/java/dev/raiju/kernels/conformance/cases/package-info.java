/// The table of operations as data: a row for each, with inputs to run it on. Needs neither JUnit nor jqwik.
package dev.raiju.kernels.conformance.cases;
