// An event stream: the same events however its bytes arrive, each within its bound.
#include <algorithm>
#include <vector>

#include "mcp/sse_reader.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::size_t longest = 512;

struct Stream {
  std::vector<mcp::SseEvent> events;
  std::string last_id;
  bool valid = true;
};

Stream read(std::string_view bytes, std::size_t piece) {
  mcp::SseReader reader(longest);
  Stream stream;
  while (!bytes.empty() && stream.valid) {
    const std::size_t count = std::min(piece, bytes.size());
    stream.valid = reader.feed(bytes.substr(0, count)).ok();
    bytes.remove_prefix(count);
    while (auto event = reader.next()) stream.events.push_back(std::move(*event));
  }
  stream.last_id = reader.last_id();
  return stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const Stream whole = read(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Stream pieces = read(bytes, data[0] % 16 + 1U);
  for (const mcp::SseEvent& event : whole.events) {
    fuzz::require(event.data.size() <= longest, "an event stays within its bound");
    fuzz::require(event.data.find('\r') == std::string::npos, "no carriage return is left in data");
    fuzz::require(!event.type.empty(), "every event has a type");
  }
  if (!whole.valid || !pieces.valid) return 0;
  fuzz::require(whole.events.size() == pieces.events.size(), "how bytes arrive makes no event");
  for (std::size_t i = 0; i < whole.events.size(); ++i) {
    const mcp::SseEvent &a = whole.events[i], &b = pieces.events[i];
    fuzz::require(a.data == b.data && a.type == b.type && a.id == b.id,
                  "how bytes arrive changes no event");
  }
  fuzz::require(whole.last_id == pieces.last_id, "how bytes arrive changes no id");
  return 0;
}
