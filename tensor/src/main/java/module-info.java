/// Tensors, the operations on them, file formats, and a reference device that gives every operation its meaning.
@org.jspecify.annotations.NullMarked module dev.raiju.tensor {
  requires static org.jspecify;
  requires static java.desktop;

  exports dev.raiju.tensor;
  exports dev.raiju.tensor.backend;
  exports dev.raiju.tensor.graph;
  exports dev.raiju.tensor.io;
  exports dev.raiju.tensor.op;

  uses dev.raiju.tensor.backend.BackendProvider;
}
