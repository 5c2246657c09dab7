// Compiles the text of a library for the CPU and runs its kernels; notes the host's mistakes.
#include "library.h"
#include <dlfcn.h>
#include <unistd.h>
#include <cstdarg>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include "fibers.h"
#include "fibers_run.h"

struct MslKernel {
  const char *name;
  int most_threads;
  size_t buffers[MSL_BUFFERS];
  size_t shared_bytes;
  void (*run)(const void *bindings);
};

// Apple's limit for all families
static const size_t MOST_SHARED_BYTES = 32768;
// from the command that compiled this
static const std::string compiler = MSL_COMPILER, headers = MSL_HEADERS;
static int schedule = -1, turn = 0;
static std::vector<std::string> complaints;
static std::set<const void *> objects;

void registry_add(const void *object) { objects.insert(object); }
void registry_remove(const void *object) { objects.erase(object); }
bool registry_has(const void *object) { return objects.count(object) != 0; }
void registry_clear() { objects.clear(); }

void complain(const char *format, ...) {
  char line[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(line, sizeof line, format, list);
  va_end(list);
  if (complaints.size() < 100) complaints.push_back(line);
}

static std::string read(const std::string &path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}
static bool exists(const std::string &path) { return access(path.c_str(), F_OK) == 0; }
// Whether a command succeeds; what it says is left in a file.
static bool succeeds(const std::string &command, const std::string &said) { return system((command + " > " + said + " 2>&1").c_str()) == 0; }

// The file of this library; what is compiled is kept beside it, since it calls it.
static std::string own_path() {
  Dl_info info;
  return dladdr((void *)own_path, &info) ? info.dli_fname : "";
}

struct Translation {
  std::string text, problem;
};

// One parameter of a kernel as the launcher passes it; sizes of buffers are noted. Empty if it is none that a kernel may have.
static std::string passed(const std::string &parameter, std::string (&sizes)[MSL_BUFFERS]) {
  static const std::regex buffer(R"(^\s*constant\s+(.+?)\s*&\s*\w+\s*\[\[buffer\((\d+)\)\]\]\s*$)");
  static const std::regex place(R"(^\s*(uint3?)\s+\w+\s*\[\[(\w+)\]\]\s*$)");
  std::smatch m;
  if (std::regex_match(parameter, m, buffer)) {
    int index = std::stoi(m[2]);
    if (index >= MSL_BUFFERS) return "";
    sizes[index] = "sizeof(" + m[1].str() + ")";
    return "*(const " + m[1].str() + " *)b[" + m[2].str() + "].bytes";
  }
  if (!std::regex_match(parameter, m, place)) return "";
  std::string type = m[1], what = m[2];
  if (what == "threadgroup_position_in_grid" && type == "uint3") return "uint3(emu::block_index)";
  if (what == "threads_per_threadgroup" && type == "uint3") return "uint3(emu::block_size)";
  if (what == "thread_index_in_threadgroup" && type == "uint") return "(uint)emu::current->number";
  return "";
}

// Names the shared memory of kernels, and writes a launcher for each of them behind the text.
static Translation translate(const std::string &text) {
  static const std::regex shared(R"(\bthreadgroup\s+([A-Za-z_][\w:<>, ]*?)\s+(\w+)\s*;)");
  static const std::regex kernel(R"(\[\[kernel, max_total_threads_per_threadgroup\((\d+)\)\]\]\s*void\s+(\w+)\()");
  std::string launchers, table = "extern \"C\" const MslKernel msl_kernels[] = {\n";
  for (std::sregex_iterator at(text.begin(), text.end(), kernel), end; at != end; ++at) {
    std::string name = (*at)[2], arguments, sizes[MSL_BUFFERS] = {"0", "0", "0", "0"};
    size_t from = at->position() + at->length(), begin = from;
    int depth = 1;
    for (size_t i = from; depth > 0 && i < text.size(); i++) {
      if (text[i] == '(') depth++;
      if (text[i] == ')') depth--;
      if ((text[i] == ',' && depth == 1) || depth == 0) {
        std::string argument = passed(text.substr(begin, i - begin), sizes);
        if (argument.empty()) return {"", name + ": no parameter of a kernel:" + text.substr(begin, i - begin)};
        arguments += (arguments.empty() ? "" : ", ") + argument;
        begin = i + 1;
      }
    }
    size_t body_end = text.find("[[kernel", begin);
    std::string body = text.substr(begin, body_end == std::string::npos ? std::string::npos : body_end - begin), shared_size = "0";
    std::smatch m;
    if (std::regex_search(body, m, shared)) shared_size = "sizeof(" + m[1].str() + ")";
    launchers += "static void run_" + name + "(const void *bindings) {\n  const Binding *b = (const Binding *)bindings;\n  " + name + "(" + arguments + ");\n}\n";
    table += "  {\"" + name + "\", " + (*at)[1].str() + ", {" + sizes[0] + ", " + sizes[1] + ", " + sizes[2] + ", " + sizes[3] + "}, " + shared_size + ", run_" + name + "},\n";
  }
  std::string translated = "#include \"msl.h\"\n" + std::regex_replace(text, shared, "MSL_SHARED($2, $1)");
  return {translated + "\n#line 1 \"launchers\"\n#ifndef MSL_SPACES\n" + launchers + table + "  {}};\n#endif\n", ""};
}

static void refuse(char *error, size_t bytes, const std::string &why) { snprintf(error, bytes, "%s", why.c_str()); }

void *msl_compile(const char *text, char *error, size_t error_bytes) {
  std::string own = own_path(), stem = own.substr(0, own.rfind('/') + 1) + std::to_string(std::hash<std::string>()(text)), library = stem + ".so", said = stem + ".txt";
  if (!exists(library)) {
    std::string metal = stem + ".metal", plain = stem + ".i", source = stem + ".cpp", fresh = stem + "." + std::to_string(getpid()) + ".so";
    std::ofstream(metal) << text;
    if (!succeeds(compiler + " -E -x c++ -std=c++14 -nostdinc -I" + headers + " " + metal + " -o " + plain, said)) return refuse(error, error_bytes, read(said)), nullptr;
    Translation translation = translate(read(plain));
    if (!translation.problem.empty()) return refuse(error, error_bytes, translation.problem), nullptr;
    std::ofstream(source) << translation.text;
    // hexadecimal floats and the like are no part of the language, and a number without a suffix is a float there
    std::string options = " -std=c++14 -pedantic-errors -Werror=double-promotion -Wall -Wno-unknown-attributes -Wno-unused -Wno-c99-extensions -Wno-gnu-line-marker"
                          " -Wno-missing-braces -Wno-keyword-macro -Wno-c++17-extensions -ffp-contract=off";
    for (const char *include : {"/", "/../../../../gpu/src/test/native"}) options += " -I" + headers + include;
    if (!succeeds(compiler + options + " -fsyntax-only -DMSL_SPACES " + source, said)) return refuse(error, error_bytes, read(said)), nullptr;
    if (!succeeds(compiler + options + " -O1 -shared -fPIC " + source + " " + own + " -o " + fresh, said)) return refuse(error, error_bytes, read(said)), nullptr;
    rename(fresh.c_str(), library.c_str());
  }
  void *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) refuse(error, error_bytes, dlerror());
  return handle;
}

const void *msl_kernel(void *library, const char *name) {
  for (auto *k = (const MslKernel *)dlsym(library, "msl_kernels"); k->name; k++)
    if (!strcmp(k->name, name)) return k;
  return nullptr;
}
int msl_most_threads(const void *kernel) { return ((const MslKernel *)kernel)->most_threads; }
size_t msl_shared_bytes(const void *kernel) { return ((const MslKernel *)kernel)->shared_bytes; }
size_t msl_buffer_bytes(const void *kernel, int index) { return index < MSL_BUFFERS ? ((const MslKernel *)kernel)->buffers[index] : 0; }

const char *msl_run(const void *kernel, const MslBytes *buffers, const size_t groups[3], size_t threads) {
  auto *k = (const MslKernel *)kernel;
  emu::Kernel run = {k->name, 0, k->most_threads, k->run};
  Dim3 grid, block;
  grid.x = (unsigned)groups[0];
  grid.y = (unsigned)groups[1];
  grid.z = (unsigned)groups[2];
  block.x = (unsigned)threads;
  return emu::run(run, buffers, grid, block, k->shared_bytes ? MOST_SHARED_BYTES : 0, schedule < 0 ? turn++ % 3 : schedule);
}

// What tests ask of the stand-in, beside Metal.
extern "C" {
// One of three orders of threads for what is launched from now on, or all by turns if it is negative.
void standInSchedule(int number) { schedule = number; }
int standInComplaints(char *to, int bytes) {
  std::string all;
  for (auto &line : complaints) all += line + "\n";
  snprintf(to, (size_t)bytes, "%s", all.c_str());
  return (int)complaints.size();
}
void standInForget() { complaints.clear(); }
int standInObjects() { return (int)objects.size(); }
int standInSites(char *to, int bytes) { return snprintf(to, (size_t)bytes, "%s", emu::site_names().c_str()); }
int standInSwitchSite(const char *name, int off) { return emu::switch_site(name, off != 0) ? 0 : 1; }
}
