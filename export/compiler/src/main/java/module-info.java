/// From models to bundles.
@org.jspecify.annotations.NullMarked module dev.raiju.export.compiler {
  requires static org.jspecify;
  requires transitive dev.raiju.models;
  requires transitive dev.raiju.export.runtime;

  exports dev.raiju.export.compiler;
}
