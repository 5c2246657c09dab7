/// The `raiju` command. Nothing depends on it.
@org.jspecify.annotations.NullMarked module dev.raiju.export.cli {
  requires static org.jspecify;
  requires dev.raiju.autograd;
  requires dev.raiju.export.compiler;
  requires dev.raiju.export.video;
  requires dev.raiju.models;
  requires dev.raiju.tensor;
  requires dev.raiju.training;
  requires java.management;
  requires jdk.management;
}
