/// From models to bundles, and to packages for apps.
@org.jspecify.annotations.NullMarked module dev.raiju.export.compiler {
  requires static org.jspecify;
  requires dev.raiju.kernels.metal;
  requires transitive dev.raiju.models;
  requires transitive dev.raiju.export.runtime;

  exports dev.raiju.export.apple;
  exports dev.raiju.export.compiler;
}
