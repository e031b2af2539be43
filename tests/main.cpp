// The only file that compiles Catch2's runner: it takes ten seconds.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "base/keeper_process.h"

int main(int argc, char** argv) {
  if (const auto ended = base::keep_processes_if_asked(argc, argv)) return *ended;
  return Catch::Session().run(argc, argv);
}
