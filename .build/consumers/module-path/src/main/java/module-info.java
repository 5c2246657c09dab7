/// A program on the module path. The CPU backend is a service: it needs no mention here.
module example {
  requires dev.raiju.autograd;
}
