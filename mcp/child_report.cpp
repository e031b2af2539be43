#include "mcp/child_report.h"

#include "base/hidden_text.h"
#include "base/utf8.h"

namespace mcp {
namespace {

constexpr std::size_t longest_shown = 2048;
constexpr std::size_t longest_last_words = 200;

}  // namespace

ChildReport::ChildReport(const std::string& server, const std::vector<std::string>& hidden,
                         base::Log& log)
    : server_(server),
      hidden_(hidden),
      log_(log),
      garbage_gate_(5, std::chrono::seconds(10)),
      errors_gate_(20, std::chrono::milliseconds(500)) {}

void ChildReport::said(std::string_view line) {
  const auto held_back = errors_gate_.pass(std::chrono::steady_clock::now());
  if (line.empty() || !held_back) return;
  last_words_ = shown(line);
  log_.write(base::LogLevel::info, "server_stderr",
             {{"server", server_}, {"text", last_words_}, {"held_back", *held_back}});
}

void ChildReport::garbage(std::string_view text, std::string_view what) {
  const auto held_back = garbage_gate_.pass(std::chrono::steady_clock::now());
  if (!held_back) return;
  const std::string seen = shown(text);
  log_.write(base::LogLevel::warn, "server_stdout",
             {{"server", server_}, {"reason", what}, {"text", seen}, {"held_back", *held_back}});
}

std::string ChildReport::last_words() const { return last_words_.substr(0, longest_last_words); }

// Cut first: a line may be as long as a result.
std::string ChildReport::shown(std::string_view text) const {
  const std::string seen = base::hide_values(text.substr(0, longest_shown), hidden_);
  return base::is_utf8(seen) ? seen : "(not UTF-8)";
}

}  // namespace mcp
