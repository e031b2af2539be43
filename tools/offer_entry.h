#pragma once

#include <memory>
#include <string>

#include "tools/server_tools.h"

namespace tools {

/// A prompt, resource or template under the name or URI it is offered by.
struct OfferEntry {
  std::string exported;
  std::shared_ptr<const ServerTools> owner;
  const ServerOffer* offer = nullptr;  ///< in `owner`
  std::string listing;                 ///< the definition as text, under the exported name

  const std::string& server() const { return owner->server; }
};

}  // namespace tools
