#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "gateway/pipeline/client_form.h"
#include "gateway/pipeline/principal.h"
#include "mcp/jsonrpc.h"
#include "policies/approvals/approvals.h"

namespace gateway {

/// Questions that were put to people at legacy clients and wait for their answer. An id alone is worth
/// nothing: it is looked up together with tenant, agent and session (invariant 7), and answered once.
/// Thread-safe.
class ClientQuestions {
 private:
  struct Waiting {
    std::string approval;  // its id
    bool taken = false;    // an answer is being decided by
  };
  using Table = std::map<std::string, Waiting>;

 public:
  explicit ClientQuestions(policies::approvals::Approvals& approvals) : approvals_(approvals) {}

  /// As long as it lives, the question may be answered.
  class Entry final {
   public:
    Entry(ClientQuestions& owner, std::string key, std::string id)
        : owner_(owner), key_(std::move(key)), id_(std::move(id)) {}
    ~Entry() { owner_.remove(key_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    const std::string& id() const { return id_; }
    /// Whether nobody has answered yet.
    bool open() const { return owner_.has(key_); }

   private:
    ClientQuestions& owner_;
    const std::string key_, id_;
  };

  /// Under a new id, for the request.
  [[nodiscard]] std::unique_ptr<Entry> add(const pipeline::Principal& owner,
                                           std::string_view session, std::string approval);
  /// Takes an answer and decides by it. Code::not_found: no question of this session waits for it;
  /// Code::invalid: it is none, or Code::unavailable: the store does not answer, and the question
  /// stays; else as Approvals::decide().
  base::Task<base::Status> answer(pipeline::Principal owner, std::string session,
                                  mcp::Response response);

 private:
  bool has(const std::string& key);
  void remove(const std::string& key);
  /// The approval; "" when there is none, or nobody waits for it any more.
  std::string find(const std::string& key);
  bool take(const std::string& key);
  void give_back(const std::string& key);

  policies::approvals::Approvals& approvals_;
  std::mutex mutex_;
  Table table_;  // guarded by mutex_
};

}  // namespace gateway
