#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "mcp/jsonrpc.h"
#include "policies/ledger/ledger.h"
#include "policies/permit.h"
#include "policies/verification.h"

namespace gateway::pipeline {

/// What the tool said that was asked whether a call was carried out.
struct Verified {
  policies::CarriedOut answer = policies::CarriedOut::inconclusive;
  std::string tool;     ///< `server/tool`
  std::string request;  ///< the id of the last question; "" when none was put
  int asked = 0;        ///< how many questions about the call were put
  std::string why;      ///< of what is inconclusive, for the audit
};

/// What became of a call, and what the caller is told.
struct Outcome {
  enum class Kind {
    answered,  ///< the server answered; its result may be an error of the tool
    refused,   ///< Sluice said no; nothing was sent
    failed,    ///< the server did not carry it out
    unknown,   ///< the call may have been carried out; nobody knows
  };

  Kind kind = Kind::failed;
  std::string reason;  ///< one word for records, e.g. `unknown_tool`; "" when answered
  std::string detail;  ///< for the audit and the log only
  base::Json result;   ///< what the server answered, or a CallToolResult; none when `error` is set
  std::optional<mcp::RpcError> error;  ///< a JSON-RPC error instead of a result
  std::size_t bytes = 0;               ///< size of the server's answer
  /// What the person at the client is asked, by its key (`inputRequests` of 2026-07-28): the caller
  /// is to repeat the call with the answers.
  std::optional<base::Json> questions;
  /// The limit or budget that refused, for `RateLimit` and `Retry-After`.
  std::optional<policies::ledger::Refusal> quota;
  /// Budgets that ask, when nothing else refused: the approve stage asks people about them.
  std::vector<policies::ledger::Refusal> exceeded;
  /// What was found out about an attempt whose answer was lost.
  std::optional<Verified> verified;

  bool tool_error() const;
  /// Whether the result is a verify tool's, because the call's own was lost.
  bool stands_in() const { return verified && verified->answer == policies::CarriedOut::yes; }
};

std::string_view to_string(Outcome::Kind kind);

/// The member of a refusal's `_meta` that tells programs of it (design §4).
inline constexpr const char* refusal_key = "dev.sluice/refusal";

/// The same words for a tool, prompt or resource that does not exist and one that is not allowed
/// (design §2.11).
Outcome unknown(policies::Primitive primitive, const std::string& name, std::string detail);
/// A refusal that the model can read.
Outcome refused(std::string reason, std::string text, std::string detail = {});
/// The journal does not write: fail closed.
Outcome store_unavailable(std::string detail);
/// What is no CallToolResult cannot say to a model that it went wrong: a text that does becomes a
/// JSON-RPC error, with what programs find in its `_meta` as data.
void make_error(Outcome& outcome);
/// A failure of the server that the model can read.
Outcome server_failed(Outcome::Kind kind, std::string reason, std::string text,
                      std::string detail = {});

}  // namespace gateway::pipeline
