#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace tools::schema {

/// Schemas that references in other schemas may lead to, by the URI under which they would be
/// fetched. Nothing is: what is not here, and is no metaschema, does not resolve.
class Documents {
 public:
  /// `uri` is absolute and has no fragment. The first document of a name stays.
  void add(std::string uri, base::Json document) {
    by_uri_.try_emplace(std::move(uri), std::move(document));
  }

  const base::Json* find(std::string_view uri) const {
    const auto found = by_uri_.find(uri);
    return found == by_uri_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, base::Json, std::less<>> by_uri_;
};

}  // namespace tools::schema
