#pragma once

#include <compare>
#include <string>
#include <utility>
#include <vector>

#include "policies/policy.h"

namespace policies {

/// Something that a server offers, or might: `id` is `server/name`, or `server/URI` of a resource.
/// A URI may be a template.
struct Offered {
  Primitive primitive = Primitive::tool;
  std::string id;
  auto operator<=>(const Offered&) const = default;
};

/// What one agent may do with one tool, resource or prompt, before and after, in words: "" is
/// nothing.
struct AccessChange {
  std::string agent;
  Offered what;
  std::string before, after;
};

/// Whose access differs between two policies, of all agents that either names, over what is
/// offered.
std::vector<AccessChange> compare_access(const Policy& before, const Policy& after,
                                         const std::vector<Offered>& offered);

/// What to compare over when it is not known what the servers offer: of each pattern that the
/// documents name one thing that it matches, and one that two of them match together. `…` stands
/// for a star, `{…}` in a URI.
std::vector<Offered> sample_offers(const PolicyDocument& one, const PolicyDocument& other,
                                   Primitive primitive);

/// The tools that the documents name without a star.
std::vector<Offered> named_tools(const PolicyDocument& one, const PolicyDocument& other);

}  // namespace policies
