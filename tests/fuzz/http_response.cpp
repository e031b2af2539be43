// A server's response, read as it comes: its head, how its body is delimited, and the body.
#include <algorithm>

#include "base/chunked.h"
#include "base/http_head.h"
#include "tests/fuzz/fuzz.h"

namespace {

using Kind = base::BodyFraming::Kind;
using State = base::HeadScanner::State;

constexpr std::size_t longest_body = 2048;

// The body behind a head, fed in pieces; as far as it goes.
std::string decoded(std::string_view bytes, std::size_t piece, bool& valid) {
  base::ChunkedDecoder decoder;
  std::string content;
  std::string_view waiting;
  std::size_t end = 0, start = 0;
  while (!decoder.done() && end < bytes.size() && content.size() < longest_body) {
    end = std::min(end + piece, bytes.size());
    waiting = bytes.substr(start, end - start);
    const auto taken = decoder.feed(waiting, content, longest_body);
    if (!taken) {
      valid = false;
      return content;
    }
    start += *taken;
  }
  return content;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const int status = 100 + data[0] * 2;
  const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
  base::HeadScanner scanner({512, 4096, 64, 1024});
  if (scanner.scan(bytes) != State::done) return 0;
  const std::string head(bytes.substr(0, scanner.size()));
  const auto parsed = base::parse_head(head);
  if (!parsed) return 0;
  const auto framing = base::response_framing(parsed->fields, status);
  if (!framing) return 0;
  if (status == 204 || status == 304) {
    fuzz::require(framing->kind == Kind::none, "these have no body");
  }
  if (framing->kind != Kind::chunked) return 0;
  const std::string_view body = bytes.substr(head.size());
  bool valid = true, valid_in_pieces = true;
  const std::string whole = decoded(body, std::max<std::size_t>(body.size(), 1), valid);
  const std::string pieces = decoded(body, data[1] % 16 + 1U, valid_in_pieces);
  fuzz::require(whole.size() <= longest_body, "a body stays within its bound");
  fuzz::require(valid == valid_in_pieces, "how bytes arrive does not matter");
  if (valid) fuzz::require(whole == pieces, "how bytes arrive does not change a body");
  return 0;
}
