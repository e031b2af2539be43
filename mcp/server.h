#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "mcp/jsonrpc.h"
#include "mcp/revision.h"

namespace mcp {

/// In which eras a method exists.
enum class Served { always, modern_only, legacy_only };

/// The answer to a request: a complete JSON-RPC response and the HTTP status it travels under.
struct Reply {
  int http_status = 200;
  std::string body;
  std::string session;  ///< a new legacy session's id, or ""
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< more to say in HTTP
  /// Set for an event stream that has begun and stays open while this is kept; `body` then ends it.
  std::shared_ptr<void> subscription = {};
};

/// One row of a server's method table. `Context` is what its handlers work on.
template <class Context>
struct Method {
  std::string_view name;
  Served served;
  std::function<base::Task<Reply>(Context&)> handle;
};

/// The methods of a server, looked up exactly. A method of another era does not exist.
template <class Context>
class MethodTable {
 public:
  explicit MethodTable(std::vector<Method<Context>> methods) : methods_(std::move(methods)) {}

  const Method<Context>* find(Era era, std::string_view name) const {
    const auto found =
        std::find_if(methods_.begin(), methods_.end(), [&](const Method<Context>& method) {
          const bool exists = method.served == Served::always ||
                              (method.served == Served::modern_only) == (era == Era::modern);
          return exists && method.name == name;
        });
    return found == methods_.end() ? nullptr : &*found;
  }

 private:
  std::vector<Method<Context>> methods_;
};

/// The answer to a method that the table does not have (2026-07-28: 404; before: in band).
inline Reply method_not_found(Era era, const Request& request) {
  return {
      era == Era::modern ? 404 : 200,
      error_text(request.id, {code::method_not_found, "Method not found: " + request.method, {}}),
      {}};
}

}  // namespace mcp
