// What a Redis server sends: the same replies however its bytes arrive; an error ends it for good.
#include <algorithm>
#include <string>

#include "base/redis_parser.h"
#include "tests/fuzz/fuzz.h"

namespace {

void show(const base::RedisReply& reply, std::string& text, int depth) {
  fuzz::require(depth < 64, "replies are not deep");
  text.append(std::to_string(static_cast<int>(reply.type))).append(":");
  text.append(std::to_string(reply.integer)).append(":").append(reply.text).append("[");
  for (const base::RedisReply& one : reply.list) show(one, text, depth + 1);
  text.append("]");
}

// All replies as text, and whether it ended with an error.
std::string read(std::string_view bytes, std::size_t piece, bool& broken) {
  base::RedisParser parser;
  std::string text;
  while (!bytes.empty()) {
    const std::size_t count = std::min(piece, bytes.size());
    parser.feed(bytes.substr(0, count));
    bytes.remove_prefix(count);
    while (true) {
      auto reply = parser.next();
      if (!reply) {
        broken = true;
        return text;
      }
      if (!*reply) break;
      show(**reply, text, 0);
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  bool broken = false, broken_in_pieces = false;
  const std::string whole = read(bytes, std::max<std::size_t>(bytes.size(), 1), broken);
  const std::string pieces = read(bytes, data[0] % 16 + 1U, broken_in_pieces);
  fuzz::require(broken == broken_in_pieces, "how bytes arrive does not matter");
  fuzz::require(whole == pieces, "how bytes arrive changes no reply");
  return 0;
}
