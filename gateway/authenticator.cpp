#include "gateway/authenticator.h"

#include "policies/local_policy.h"

namespace gateway {

std::optional<pipeline::Principal> Authenticator::authenticate(const base::HttpFields& fields,
                                                               std::int64_t now) const {
  if (keys_ == nullptr)
    return pipeline::Principal{std::string(policies::local_agent), "", "loopback"};
  constexpr std::string_view scheme = "bearer ";
  const auto value = fields.find("authorization");
  if (!value || value->size() <= scheme.size() ||
      !base::same_name(value->substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  const auto key = keys_->check(value->substr(scheme.size()), now);
  if (!key) return std::nullopt;
  const auto snapshot = snapshot_.get();
  const policies::Agent* agent = snapshot->policy->find_agent(key->agent);
  if (agent == nullptr) return std::nullopt;
  return pipeline::Principal{agent->name, agent->tenant, "key " + key->id};
}

}  // namespace gateway
