// A chunked body: the same content however its bytes arrive, within its bound.
#include <algorithm>

#include "base/chunked.h"
#include "tests/fuzz/fuzz.h"

namespace {

struct Body {
  std::string content;
  bool valid = true, done = false;
};

Body decode(std::string_view bytes, std::size_t piece, std::size_t limit) {
  base::ChunkedDecoder decoder;
  Body body;
  for (std::size_t start = 0, end = 0; end < bytes.size() && !decoder.done();) {
    end = std::min(end + piece, bytes.size());
    const auto taken = decoder.feed(bytes.substr(start, end - start), body.content, limit);
    if (!taken) {
      body.valid = false;
      return body;
    }
    fuzz::require(*taken <= end - start, "no more is taken than is there");
    start += *taken;
    if (start < end && !decoder.done()) break;  // the bound was reached
  }
  body.done = decoder.done();
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t limit = data[0] * 8U;
  const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
  const Body whole = decode(bytes, std::max<std::size_t>(bytes.size(), 1), limit);
  const Body pieces = decode(bytes, data[1] % 32 + 1U, limit);
  fuzz::require(whole.content.size() <= limit && pieces.content.size() <= limit, "the bound holds");
  fuzz::require(whole.content == pieces.content, "how bytes arrive does not change the content");
  fuzz::require(whole.valid == pieces.valid && whole.done == pieces.done,
                "how bytes arrive does not matter");
  return 0;
}
