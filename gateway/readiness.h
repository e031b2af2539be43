#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/journal.h"
#include "gateway/connection.h"

namespace gateway {

/// Whether others should send calls here. Thread-safe.
class Readiness {
 public:
  /// `all_asked`: whether every server has been asked for its tools once, successfully or not.
  Readiness(std::function<bool()> all_asked, const base::Journal& journal, const Load& load)
      : all_asked_(std::move(all_asked)), journal_(journal), load_(load) {}

  /// Why not, in one word that may be shown to anybody; "" when it is ready.
  ///   starting   not every server has been asked yet
  ///   draining   it is ending
  ///   journal    the journal cannot write: calls are refused
  std::string_view obstacle() const;

 private:
  std::function<bool()> all_asked_;
  const base::Journal& journal_;
  const Load& load_;
  mutable std::atomic<bool> started_{false};  // servers that come later do not take it back
};

/// `GET /healthz` (the process answers) and `GET /readyz`: for anybody, before any other check,
/// since a prober has no key and knows the gateway by its address. nullopt for every
/// other request; looks at bytes, parses nothing.
std::optional<HttpResponse> answer_probe(const RawRequest& request, const Readiness& readiness);

}  // namespace gateway
