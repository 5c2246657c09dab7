/// The `raiju` command. Nothing depends on it.
@org.jspecify.annotations.NullMarked module dev.raiju.export.cli {
  requires static org.jspecify;
  requires dev.raiju.autograd;
  requires dev.raiju.tensor;
  requires java.management;
  requires jdk.management;
}
