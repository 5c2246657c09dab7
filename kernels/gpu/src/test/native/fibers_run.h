// How the stand-in driver runs kernels.
#pragma once
namespace emu {
// Runs a launch in one of three orders of threads. Gives what went wrong, or null.
const char *run(const Kernel &kernel, const void *args, Dim3 grid, Dim3 block, size_t shared_bytes, int schedule);
// Every place with a barrier or wait that was passed so far, and how often, one a line.
std::string site_names();
bool switch_site(const char *name, bool off);
}  // namespace emu
