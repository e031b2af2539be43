#include "tools/uri_template.h"

namespace tools {

UriTemplate::UriTemplate(std::string_view text) {
  while (true) {
    const std::size_t open = text.find('{');
    parts_.emplace_back(text.substr(0, open));
    if (open == std::string_view::npos) return;
    const std::size_t close = text.find('}', open);
    text = close == std::string_view::npos ? std::string_view() : text.substr(close + 1);
  }
}

bool UriTemplate::matches(std::string_view uri) const {
  if (parts_.size() == 1) return uri == head();
  const std::string& tail = parts_.back();
  if (uri.size() < head().size() + tail.size()) return false;
  if (!uri.starts_with(head()) || !uri.ends_with(tail)) return false;
  uri.remove_prefix(head().size());
  uri.remove_suffix(tail.size());
  for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
    const std::size_t at = uri.find(parts_[i]);
    if (at == std::string_view::npos) return false;
    uri.remove_prefix(at + parts_[i].size());
  }
  return true;
}

}  // namespace tools
