#include "policies/glob.h"

#include <cstring>

namespace policies {
namespace {

/// glibc's memmem is linear in both lengths (two-way search), std::string_view::find is not.
std::size_t find_linear(std::string_view text, std::string_view part) {
  const void* found = memmem(text.data(), text.size(), part.data(), part.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

Glob::Glob(std::string_view pattern) {
  std::size_t star = pattern.find('*');
  has_star_ = star != std::string_view::npos;
  prefix_ = pattern.substr(0, star);
  while (star != std::string_view::npos) {
    pattern.remove_prefix(star + 1);
    star = pattern.find('*');
    const std::string_view part = pattern.substr(0, star);
    if (star == std::string_view::npos) {
      suffix_ = part;
    } else if (!part.empty()) {
      parts_.emplace_back(part);
    }
  }
}

bool Glob::matches(std::string_view text) const {
  if (!has_star_) return text == prefix_;
  if (text.size() < prefix_.size() + suffix_.size()) return false;
  if (!text.starts_with(prefix_) || !text.ends_with(suffix_)) return false;
  text.remove_prefix(prefix_.size());
  text.remove_suffix(suffix_.size());
  for (const std::string& part : parts_) {
    const std::size_t at = find_linear(text, part);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
  }
  return true;
}

void GlobList::add(std::string_view pattern) {
  if (pattern.find('*') == std::string_view::npos) {
    exact_.emplace(pattern, size_);
  } else {
    globs_.emplace_back(size_, Glob(pattern));
  }
  ++size_;
}

std::optional<std::size_t> GlobList::first_match(std::string_view text) const {
  std::optional<std::size_t> first;
  if (const auto found = exact_.find(text); found != exact_.end()) first = found->second;
  for (const auto& [index, glob] : globs_) {
    if (first && *first < index) break;
    if (glob.matches(text)) return index;
  }
  return first;
}

}  // namespace policies
