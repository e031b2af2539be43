#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/pipeline/snapshot.h"

namespace gateway {

/// The lists that clients ask for.
enum class ListKind { tools, prompts, resources, templates };

/// One list as an agent sees it, through its view if it has one: by the same decision that calls and
/// reads obey (invariant 2). Cheap to make; the snapshot outlives it.
class VisibleList {
 public:
  VisibleList(const pipeline::Snapshot& snapshot, const policies::Caller& caller, ListKind kind)
      : snapshot_(snapshot), caller_(caller), kind_(kind) {}

  /// Of all entries there are, in order.
  std::size_t size() const;
  bool shows(std::size_t index) const;
  const std::string& exported(std::size_t index) const;
  /// The definition as text.
  const std::string& listing(std::size_t index) const;
  /// Where the entry of this exported name is, shown or not.
  std::optional<std::size_t> find(std::string_view exported) const;

 private:
  const std::vector<tools::OfferEntry>& offers() const;

  const pipeline::Snapshot& snapshot_;
  policies::Caller caller_;
  ListKind kind_;
};

/// Changes whenever what the list shows does.
std::size_t fingerprint(const VisibleList& list);

}  // namespace gateway
