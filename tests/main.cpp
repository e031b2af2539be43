// The only file that compiles Catch2's runner: it takes ten seconds.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
