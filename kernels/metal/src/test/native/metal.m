/* Metal on a CPU for tests of the host: its classes with their documented rules, whose breaches are noted. What is committed runs when
   somebody waits, so that nobody sees results without waiting. */
#define _GNU_SOURCE
#include "metal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "library.h"

enum { GUARD_BYTES = 4096, POISON = 0xff, MOST_BYTES_SET = 4096, BINDINGS = 31, PAGE = 16384 };

/* ---- the runtime ---- */

static struct {
  id *all;
  size_t count, room, pools;
} pending;

/* A pool is where its objects begin, and a mark that it is one. */
void *objc_autoreleasePoolPush(void) {
  pending.pools++;
  return (void *)(pending.count * 16 + 7);
}
void objc_autoreleasePoolPop(void *pool) {
  size_t down_to = (size_t)pool / 16;
  if ((size_t)pool % 16 != 7 || down_to > pending.count || pending.pools == 0) {
    complain("objc_autoreleasePoolPop: no such pool");
    return;
  }
  pending.pools--;
  while (pending.count > down_to) [pending.all[--pending.count] release];
}

/* On Apple's systems these are functions; here they are macros or other names. */
Class standin_object_getClass(id object) __asm__("object_getClass");
Class standin_object_getClass(id object) { return object->class_pointer; }

static long nothing(void) { return 0; }

/* Whether it is one of the classes that are sent messages themselves. */
static BOOL is_class(id receiver) { return receiver == (id)objc_getClass("NSString") || receiver == (id)objc_getClass("MTLCompileOptions"); }

IMP standin_lookup(id receiver, SEL selector) {
  if (receiver == nil) return (IMP)nothing;
  if (!registry_has(receiver) && !is_class(receiver)) {
    complain("%s: sent to what is no object", sel_getName(selector));
    return (IMP)nothing;
  }
  Method method = class_getInstanceMethod(receiver->class_pointer, selector);
  if (method == NULL) {
    complain("%s: %s does not respond to it", sel_getName(selector), class_getName(receiver->class_pointer));
    return (IMP)nothing;
  }
  return method_getImplementation(method);
}
/* Looks for the method, with all arguments in their registers, and goes on there. */
__asm__(".text\n.globl objc_msgSend\n.type objc_msgSend, @function\nobjc_msgSend:\n"
        "  pushq %rbp\n  movq %rsp, %rbp\n  subq $192, %rsp\n"
        "  movq %rdi, (%rsp)\n  movq %rsi, 8(%rsp)\n  movq %rdx, 16(%rsp)\n  movq %rcx, 24(%rsp)\n  movq %r8, 32(%rsp)\n  movq %r9, 40(%rsp)\n"
        "  movups %xmm0, 48(%rsp)\n  movups %xmm1, 64(%rsp)\n  movups %xmm2, 80(%rsp)\n  movups %xmm3, 96(%rsp)\n"
        "  call standin_lookup@PLT\n  movq %rax, %r11\n"
        "  movq (%rsp), %rdi\n  movq 8(%rsp), %rsi\n  movq 16(%rsp), %rdx\n  movq 24(%rsp), %rcx\n  movq 32(%rsp), %r8\n  movq 40(%rsp), %r9\n"
        "  movups 48(%rsp), %xmm0\n  movups 64(%rsp), %xmm1\n  movups 80(%rsp), %xmm2\n  movups 96(%rsp), %xmm3\n"
        "  leave\n  jmp *%r11\n");

@implementation NSObject
+ (id)new {
  NSObject *object = class_createInstance(self, 0);
  object->owners = 1;
  registry_add(object);
  return object;
}
+ (Class)class { return self; }
- (id)retain {
  owners++;
  return self;
}
- (void)release {
  if (--owners == 0) [self dealloc];
}
- (id)autorelease {
  if (pending.pools == 0) complain("%s: autoreleased, and no pool is open", class_getName(isa));
  if (pending.count == pending.room) pending.all = realloc(pending.all, (pending.room = pending.room * 2 + 64) * sizeof(id));
  pending.all[pending.count++] = self;
  return self;
}
- (void)dealloc {
  registry_remove(self);
  object_dispose(self);
}
@end

/* Whether an argument is an object of a class, or nil where that is allowed. */
static BOOL is(id object, Class class, const char *where) {
  if (object != nil && registry_has(object)) {
    for (Class c = object->class_pointer; c; c = class_getSuperclass(c))
      if (c == class) return YES;
  }
  complain("%s: an argument is no %s", where, class_getName(class));
  return NO;
}

@implementation NSString
+ (id)stringWithUTF8String:(const char *)from {
  if (from == NULL) {
    complain("stringWithUTF8String: null");
    return nil;
  }
  NSString *string = [self new];
  string->text = strdup(from);
  return [string autorelease];
}
- (const char *)UTF8String { return text; }
- (void)dealloc {
  free(text);
  [super dealloc];
}
@end

@implementation NSError
- (NSString *)localizedDescription { return description; }
- (void)dealloc {
  [description release];
  [super dealloc];
}
@end

static NSError *error_of(const char *why) {
  NSError *error = [NSError new];
  error->description = [[NSString stringWithUTF8String:why] retain];
  return [error autorelease];
}

/* ---- what is made once ---- */

@implementation MTLCompileOptions
+ (id)new {
  MTLCompileOptions *options = [super new];
  options->fast = YES;
  options->version = MTLLanguageVersion3_1;
  return options;
}
- (void)setFastMathEnabled:(BOOL)enabled {
  fast = enabled;
}
- (void)setLanguageVersion:(MTLLanguageVersion)number {
  if (number >> 16 < 1 || number >> 16 > 4 || (number & 0xffff) > 4) complain("setLanguageVersion: %lu is none", number);
  version = number;
}
@end

@interface StandInFunction : NSObject <MTLFunction> {
@public
  const void *kernel;
  NSString *name;
}
@end
@implementation StandInFunction
- (NSString *)name { return name; }
- (void)dealloc {
  [name release];
  [super dealloc];
}
@end

@interface StandInLibrary : NSObject <MTLLibrary> {
@public
  void *compiled;
}
@end
@implementation StandInLibrary
- (id<MTLFunction>)newFunctionWithName:(NSString *)name {
  if (!is(name, [NSString class], "newFunctionWithName:")) return nil;
  const void *kernel = msl_kernel(compiled, [name UTF8String]);
  if (kernel == NULL) return nil;
  StandInFunction *function = [StandInFunction new];
  function->kernel = kernel;
  function->name = [name retain];
  return function;
}
@end

@interface StandInPipeline : NSObject <MTLComputePipelineState> {
@public
  StandInFunction *function;
}
@end
@implementation StandInPipeline
- (NSUInteger)maxTotalThreadsPerThreadgroup { return (NSUInteger)msl_most_threads(function->kernel); }
- (NSUInteger)threadExecutionWidth { return 32; }
- (NSUInteger)staticThreadgroupMemoryLength { return msl_shared_bytes(function->kernel); }
- (void)dealloc {
  [function release];
  [super dealloc];
}
@end

/* ---- memory: host and device see it at different addresses ---- */

@interface StandInBuffer : NSObject <MTLBuffer> {
@public
  char *host, *gpu;
  NSUInteger bytes, mapped;
  StandInBuffer *next;
}
@end
static StandInBuffer *buffers;

/* Where buffers were: what still points there is a mistake. */
static struct {
  uint64_t begin, end;
} gone[4096];
static size_t gone_count;

@implementation StandInBuffer
- (void *)contents { return host; }
- (NSUInteger)length { return bytes; }
- (uint64_t)gpuAddress { return (uint64_t)gpu; }
- (void)check {
  for (NSUInteger i = bytes; i < mapped; i++) {
    if ((unsigned char)host[i] == POISON) continue;
    complain("a kernel wrote behind its buffer of %lu bytes", bytes);
    memset(host + bytes, POISON, mapped - bytes);
    return;
  }
}
- (void)dealloc {
  [self check];
  StandInBuffer **at = &buffers;
  while (*at != self) at = &(*at)->next;
  *at = next;
  gone[gone_count % 4096].begin = (uint64_t)gpu;
  gone[gone_count++ % 4096].end = (uint64_t)gpu + bytes;
  if (mapped) {
    munmap(host, mapped);
    munmap(gpu, mapped);
  }
  [super dealloc];
}
@end

static StandInBuffer *buffer_of(char *host, char *gpu, NSUInteger bytes, NSUInteger mapped) {
  StandInBuffer *buffer = [StandInBuffer new];
  buffer->host = host;
  buffer->gpu = gpu;
  buffer->bytes = bytes;
  buffer->mapped = mapped;
  buffer->next = buffers;
  buffers = buffer;
  return buffer;
}

/* The buffer in which the device finds an address. */
static StandInBuffer *buffer_at(uint64_t address) {
  for (StandInBuffer *b = buffers; b; b = b->next)
    if (address - (uint64_t)b->gpu < b->bytes) return b;
  return nil;
}
static BOOL is_gone(uint64_t address) {
  for (size_t i = 0; i < gone_count && i < 4096; i++)
    if (address >= gone[i].begin && address < gone[i].end) return YES;
  return NO;
}
static BOOL is_of_host(uint64_t address) {
  for (StandInBuffer *b = buffers; b; b = b->next)
    if (b->mapped && address - (uint64_t)b->host < b->bytes) return YES;
  return NO;
}
