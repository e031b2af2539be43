// Times the schema engine. `bench_schema CASES` measures the cases of a JSON file and prints one
// JSON line for each; `bench_schema --hostile` takes the time of the hostile pairs and ends with 1
// when one takes longer than it may.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tests/support/hostile_schemas.h"
#include "tools/schema/schema.h"

namespace {
std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using base::Json;
using tools::schema::Schema;

// Time of this thread: what else the machine does counts little.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<Clock, duration>;
  static time_point now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
};

constexpr double hostile_limit_ms = 5;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

// Nanoseconds of one run: the best of several rounds, so that what else the machine does counts
// least.
template <class Run>
double nanoseconds(const Run& run) {
  constexpr double round = 5e6;
  const auto start = Clock::now();
  run();
  const auto count = std::max<std::size_t>(1, static_cast<std::size_t>(round / (since(start) + 1)));
  double best = 1e18;
  for (int i = 0; i < 9; ++i) {
    const auto begin = Clock::now();
    for (std::size_t n = 0; n < count; ++n) run();
    best = std::min(best, since(begin) / static_cast<double>(count));
  }
  return best;
}

Json parsed(std::string_view text) {
  auto result = base::parse_json(text);
  if (result) return std::move(result->value);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(2);
}

Json measure(const Json& one) {
  const auto schema = Schema::compile(one["schema"]);
  if (!schema) return {{"name", one["name"]}, {"refused", schema.error().message}};
  const std::string text = base::dump_json(one["instance"]);
  const Json instance = parsed(text);
  const bool valid = schema->validate(instance).empty();
  const std::size_t before = allocations;
  schema->validate(instance);
  const std::size_t allocated = allocations - before;
  volatile bool sink = false;
  return {{"name", one["name"]},
          {"valid", valid},
          {"bytes", text.size()},
          {"compile", nanoseconds([&] { sink = Schema::compile(one["schema"]).ok(); })},
          {"validate", nanoseconds([&] { sink = schema->validate(instance).empty(); })},
          {"both", nanoseconds([&] {
             const auto document = base::parse_json(text);
             sink = schema->validate(document->value).empty();
           })},
          {"allocations", allocated}};
}

int run_cases(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const Json& one : parsed(text)) std::puts(base::dump_json(measure(one)).c_str());
  return 0;
}

struct HostileTime {
  std::string name;
  double compile = 0;
  double validate = 0;
};

HostileTime time_of(const tests::HostilePair& pair) {
  HostileTime time{pair.name};
  const auto document = base::parse_json(pair.schema);
  const auto instance = base::parse_json(pair.instance);
  if (!document || !instance) return time;
  const auto start = Clock::now();
  const auto schema = Schema::compile(document->value);
  time.compile = since(start) / 1e6;
  if (!schema) return time;
  const auto begin = Clock::now();
  schema->validate(instance->value);
  time.validate = since(begin) / 1e6;
  return time;
}

int run_hostile() {
  std::vector<HostileTime> times;
  for (const tests::HostilePair& pair : tests::hostile_pairs()) {
    HostileTime best = time_of(pair);
    for (int i = 0; i < 4; ++i) {
      const HostileTime again = time_of(pair);
      best.compile = std::min(best.compile, again.compile);
      best.validate = std::min(best.validate, again.validate);
    }
    times.push_back(best);
  }
  std::sort(times.begin(), times.end(), [](const HostileTime& a, const HostileTime& b) {
    return std::max(a.compile, a.validate) > std::max(b.compile, b.validate);
  });
  std::size_t late = 0;
  for (const HostileTime& time : times)
    late += std::max(time.compile, time.validate) > hostile_limit_ms;
  std::printf("%zu hostile pairs, %zu of them over %.0f ms; the slowest:\n", times.size(), late,
              hostile_limit_ms);
  for (std::size_t i = 0; i < std::min<std::size_t>(times.size(), std::max<std::size_t>(5, late));
       ++i)
    std::printf("  compile %6.2f ms, validate %6.2f ms  %s\n", times[i].compile, times[i].validate,
                times[i].name.c_str());
  return late == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: bench_schema CASES.json | --hostile\n", stderr);
    return 2;
  }
  return std::string_view(arguments[1]) == "--hostile" ? run_hostile() : run_cases(arguments[1]);
}
