#include "tools/schema/pattern.h"

#include <re2/re2.h>

#include <bitset>
#include <utility>

#include "tools/schema/ecma.h"
#include "tools/schema/meter.h"

namespace tools::schema {
namespace {

using base::Code;
using base::Error;

// RE2 spends a quarter of this on the program and the rest on cached states, per automaton.
constexpr int memory = 1 << 20;
constexpr std::size_t max_automata = 128;
constexpr std::size_t max_instructions = 1 << 14;
// RE2's slowest way takes about 10 ns per byte and instruction; a step is worth some 0.3 µs of it.
constexpr std::size_t work_per_step = 32;
constexpr std::size_t steps_per_match = 3;

}  // namespace

struct Pattern::Automaton {
  std::string source;
  std::unique_ptr<const re2::RE2> re2;  // null when `run` says it all
  Run run;
  std::bitset<128> ascii;  // what of ASCII is in run.set

  bool run_matches(std::string_view text) const {
    std::size_t length = 0;
    for (std::size_t at = 0; at < text.size(); ++length) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte < 0x80) {
        if (!ascii[byte]) return false;
        ++at;
      } else if (!run.set.contains(next_character(text, at))) {
        return false;
      }
    }
    return length >= run.min && length <= run.max;
  }
};

bool Pattern::matches(std::string_view text) const {
  if (automaton_->re2 == nullptr) return automaton_->run_matches(text);
  return re2::RE2::PartialMatch({text.data(), text.size()}, *automaton_->re2);
}

std::size_t Pattern::steps(std::size_t bytes) const {
  if (automaton_->re2 != nullptr) {
    const auto size = static_cast<std::size_t>(automaton_->re2->ProgramSize());
    return steps_per_match + bytes * size / work_per_step;
  }
  return 1 + bytes * (1 + automaton_->run.set.ranges.size() / 8) / text_bytes_per_step;
}

const std::string& Pattern::source() const { return automaton_->source; }

base::Result<Pattern> Patterns::compile(const std::string& ecma) {
  if (const auto known = compiled_.find(ecma); known != compiled_.end()) return known->second;
  if (ecma.size() > max_bytes_)
    return Error{Code::limit, "is longer than " + std::to_string(max_bytes_) + " bytes", {}};
  if (compiled_.size() >= max_automata)
    return Error{Code::limit, "is one pattern too many in this schema", {}};
  auto translation = translate_ecma(ecma);
  if (!translation) return translation.error();
  auto automaton = std::make_shared<Pattern::Automaton>();
  automaton->source = ecma;
  if (translation->run) {
    automaton->run = *std::move(translation->run);
    for (std::size_t c = 0; c < automaton->ascii.size(); ++c)
      automaton->ascii[c] = automaton->run.set.contains(static_cast<char32_t>(c));
  } else {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory);
    options.set_never_capture(true);
    auto re2 = std::make_unique<re2::RE2>(translation->re2, options);
    if (!re2->ok()) return Error{Code::invalid, "cannot be used: " + re2->error(), {}};
    instructions_ += static_cast<std::size_t>(re2->ProgramSize());
    if (instructions_ > max_instructions)
      return Error{Code::limit, "is too much beside the other patterns of this schema", {}};
    automaton->re2 = std::move(re2);
  }
  return compiled_.emplace(ecma, Pattern(std::move(automaton))).first->second;
}

}  // namespace tools::schema
