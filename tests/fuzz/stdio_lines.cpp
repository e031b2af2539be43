// The standard output of a child: the same lines however its bytes arrive, none over its bound, and
// what is in them is a message or is not.
#include <algorithm>
#include <vector>

#include "base/json.h"
#include "base/line_reader.h"
#include "mcp/jsonrpc.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::size_t longest = 256;

std::vector<base::Line> read(std::string_view bytes, std::size_t piece) {
  base::LineReader reader(longest);
  std::vector<base::Line> lines;
  while (!bytes.empty()) {
    const std::size_t count = std::min(piece, bytes.size());
    reader.feed(bytes.substr(0, count));
    bytes.remove_prefix(count);
    while (auto line = reader.next()) lines.push_back(std::move(*line));
  }
  if (auto rest = reader.rest()) lines.push_back(std::move(*rest));
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const auto whole = read(bytes, std::max<std::size_t>(bytes.size(), 1));
  const auto pieces = read(bytes, data[0] % 16 + 1U);
  fuzz::require(whole.size() == pieces.size(), "how bytes arrive makes no line");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    fuzz::require(whole[i].text == pieces[i].text && whole[i].cut == pieces[i].cut,
                  "how bytes arrive changes no line");
    fuzz::require(whole[i].text.size() <= longest + 1, "a line stays within its bound");
    fuzz::require(whole[i].text.find('\n') == std::string::npos, "a line is one");
    auto json = base::parse_json(whole[i].text);
    if (json) (void)mcp::parse_message(std::move(json->value));
  }
  return 0;
}
