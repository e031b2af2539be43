#include "gateway/authenticator.h"

#include <chrono>

#include "policies/local_policy.h"

namespace gateway {
namespace {

constexpr std::string_view key_mark = "key ";  // before its id, in Principal::credential

// What stands behind `Bearer`; "" when nothing does.
std::string_view key_of(const base::HttpFields& fields) {
  constexpr std::string_view scheme = "bearer ";
  const auto value = fields.find("authorization");
  const bool is_bearer = value && value->size() > scheme.size() &&
                         base::same_name(value->substr(0, scheme.size()), scheme);
  return is_bearer ? value->substr(scheme.size()) : std::string_view();
}

}  // namespace

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::optional<pipeline::Principal> Authenticator::authenticate(const base::HttpFields& fields,
                                                               std::int64_t now) const {
  if (keys_ == nullptr)
    return pipeline::Principal{std::string(policies::local_agent), "", "loopback"};
  const std::string_view text = key_of(fields);
  if (text.empty()) return std::nullopt;
  const auto key = keys_->check(text, now);
  if (!key || !key->person.empty()) return std::nullopt;
  const auto snapshot = snapshot_.get();
  const policies::Agent* agent = snapshot->policy->find_agent(key->agent);
  if (agent == nullptr) return std::nullopt;
  return pipeline::Principal{agent->name, agent->tenant, std::string(key_mark) + key->id};
}

std::optional<std::string_view> Authenticator::objection(const pipeline::Principal& principal,
                                                         std::int64_t now) const {
  if (keys_ == nullptr) return std::nullopt;
  const std::string_view id = std::string_view(principal.credential).substr(key_mark.size());
  if (auto why = keys_->objection(id, now)) return why;
  const auto snapshot = snapshot_.get();
  const policies::Agent* agent = snapshot->policy->find_agent(principal.agent);
  if (agent == nullptr) return "the policy names its agent no more";
  if (agent->tenant != principal.tenant) return "its agent has another tenant";
  return std::nullopt;
}

std::optional<AdminPeer> Authenticator::authenticate_person(const base::HttpFields& fields,
                                                            std::int64_t now,
                                                            const policies::Policy& policy) const {
  const std::string_view text = key_of(fields);
  if (keys_ == nullptr || text.empty()) return std::nullopt;
  const auto key = keys_->check(text, now);
  if (!key || !key->agent.empty()) return std::nullopt;
  const policies::Person* person = policy.person_named(key->person);
  if (person == nullptr) return std::nullopt;
  return AdminPeer{"key " + key->id, false, person};
}

base::Task<bool> Authenticator::look_for_news(const base::HttpFields& fields) const {
  const bool hopes = keys_ != nullptr && refresher_ != nullptr && keys_->may_be_new(key_of(fields));
  if (!hopes) co_return false;
  co_return co_await refresher_->wait();
}

}  // namespace gateway
