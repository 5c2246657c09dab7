/// Bundles: models as plans and weights, written and run without the code of any model.
@org.jspecify.annotations.NullMarked module dev.raiju.export.runtime {
  requires static org.jspecify;
  requires transitive dev.raiju.tensor;

  exports dev.raiju.export.runtime;
}
