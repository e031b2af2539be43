#include "mcp/http_answer.h"

#include <string>

#include "base/http_head.h"

namespace mcp {

using base::Code;

bool is_media_type(std::string_view header, std::string_view type) {
  std::string_view value = header.substr(0, header.find(';'));
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  return base::same_name(value, type);
}

base::Error status_error(int status) {
  const std::string text = "it answered HTTP " + std::to_string(status);
  // runtime.md §3.5: these say that the request was turned away before it was carried out.
  switch (status) {
    case 401:
    case 403:
      return {Code::unauthorized, text, {}};
    case 404:
      return {Code::not_found, text, {}};
    case 429:
      return {Code::unavailable, text, {}};
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
      return {Code::refused, text, {}};
    default:
      break;
  }
  if (status == 200) return {Code::broken, "its answer is neither JSON nor an event stream", {}};
  return {Code::broken, text, {}};
}

}  // namespace mcp
