// A request's head and framing: however its bytes arrive, the same is understood, and nothing that
// two parsers could understand differently is accepted.
#include <algorithm>

#include "base/chunked.h"
#include "base/http_head.h"
#include "tests/fuzz/fuzz.h"

namespace {

using State = base::HeadScanner::State;

constexpr base::HeadLimits limits{512, 2048, 16, 256};

// What comes of a message that arrives in pieces of `piece` bytes.
struct Seen {
  State state = State::more;
  std::size_t size = 0;
};

Seen scan(std::string_view bytes, std::size_t piece) {
  base::HeadScanner scanner(limits);
  Seen seen;
  for (std::size_t end = 0; seen.state == State::more && end < bytes.size();) {
    end = std::min(end + piece, bytes.size());
    seen.state = scanner.scan(bytes.substr(0, end));
  }
  if (seen.state == State::done) seen.size = scanner.size();
  return seen;
}

void check_fields(const base::HttpHead& parsed, std::string_view head) {
  for (const base::HttpField& field : parsed.fields.all) {
    fuzz::require(!field.name.empty(), "a field has a name");
    fuzz::require(field.name.data() >= head.data() &&
                      field.value.data() + field.value.size() <= head.data() + head.size(),
                  "a field lies in its head");
    for (const char c : field.value) {
      fuzz::require(c != '\r' && c != '\n' && c != '\0', "no line end stands in a value");
    }
  }
}

void check_body(std::string_view body, base::BodyFraming framing) {
  if (framing.kind != base::BodyFraming::Kind::chunked) return;
  base::ChunkedDecoder decoder;
  std::string content;
  const auto taken = decoder.feed(body, content, 1024);
  fuzz::require(content.size() <= 1024, "a body stays within its bound");
  if (taken) fuzz::require(*taken <= body.size(), "no more is taken than is there");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const Seen whole = scan(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Seen pieces = scan(bytes, data[0] % 16 + 1U);
  fuzz::require((whole.state == State::done) == (pieces.state == State::done),
                "how bytes arrive does not matter");
  if (whole.state != State::done) return 0;
  fuzz::require(whole.size == pieces.size && whole.size <= limits.head, "a head has one end");
  const std::string head(bytes.substr(0, whole.size));
  const auto parsed = base::parse_head(head);
  if (!parsed) return 0;
  check_fields(*parsed, head);
  const auto framing = base::request_framing(parsed->fields);
  if (!framing) return 0;
  fuzz::require(parsed->fields.count("content-length") + parsed->fields.count("transfer-encoding") < 2,
                "a length stands in one place");
  check_body(bytes.substr(whole.size), *framing);
  return 0;
}
