// Linked into test programs that start no thread, which is why ThreadSanitizer leaves them out (CMakeLists.txt): stands in
// place of the C library's function, and ends a program in which that is no longer true.
#include <cstdio>
#include <cstdlib>

#include <pthread.h>

int pthread_create(pthread_t* /*thread*/, const pthread_attr_t* /*attributes*/,
                   void* (*/*run*/)(void*), void* /*argument*/) noexcept {
  std::fputs("This program says that it has one thread, and starts another.\n", stderr);
  std::abort();
}
