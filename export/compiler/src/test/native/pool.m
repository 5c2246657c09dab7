/* What clang makes of @autoreleasepool with this runtime: a class that the stand-in for Metal has no other use for. */
#include "metal.h"

void *objc_autoreleasePoolPush(void);
void objc_autoreleasePoolPop(void *pool);

__attribute__((objc_root_class)) @interface NSAutoreleasePool {
  Class isa;
  void *mark;
}
+ (id)alloc;
- (id)init;
- (void)drain;
@end

@implementation NSAutoreleasePool
+ (id)alloc {
  return class_createInstance(self, 0);
}
- (id)init {
  mark = objc_autoreleasePoolPush();
  return self;
}
- (void)drain {
  objc_autoreleasePoolPop(mark);
  object_dispose((id)self);
}
@end
