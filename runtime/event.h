#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "policies/effect.h"
#include "policies/ledger/money.h"

/// Agents that run on Sluice itself. The journal of a run is the truth: what a run is, and what it
/// does next, follows from its events alone.
namespace runtime {

using policies::ledger::Nanos;

/// When an event happened, in milliseconds since the epoch. It never decides by itself: the state
/// machine sees time only as a field of events.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// What bounds a run. Whichever is reached first stops it.
struct StopConditions {
  std::int64_t steps = 40;  ///< answers of the model
  Nanos money = -1;         ///< of models and tools together; negative: no bound
  std::chrono::milliseconds active_time{30 * 60'000};  ///< without waiting for people or a restart
  std::chrono::milliseconds deadline{7 * 86'400'000LL};  ///< from the start, whatever happens
};

/// How much of the conversation the model is shown, and for how long it is kept at hand.
struct ContextSettings {
  /// What becomes of a context whose time is over before the run has ended.
  enum class OnExpiry {
    rebuild,    ///< it is put together again from the journal
    summarise,  ///< the model sums it up, and goes on with that
    forget,     ///< the model goes on with the goal alone
  };
  std::chrono::milliseconds ttl{3'600'000};
  std::int64_t window = 32'768;  ///< tokens
  OnExpiry on_expiry = OnExpiry::rebuild;
};

/// A tool call that the model asked for.
struct ToolRequest {
  std::string id;          ///< the model's name for it, unique within its answer
  std::string tool;        ///< the exported name
  base::Json arguments;    ///< an object
  std::string unreadable;  ///< why the arguments are none, for the model; "" when they are
};

/// Tokens of one answer, each counted once. `reported` is false when the provider did not say.
struct Usage {
  std::int64_t input = 0;  ///< neither read from nor written to a cache
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  bool reported = false;

  std::int64_t all_input() const { return input + cache_read + cache_write; }
  Usage& operator+=(const Usage& more);
};

enum class Finish {
  complete,  ///< the model said what it wanted
  cut_off,   ///< its answer reached the bound on its length
  refused,   ///< the model or its provider declined to answer
};

// The events of a run. Those of a turn carry its number, from 0; those of one of its calls the
// call's place in the answer and the attempt, from 0. An event that no longer fits changes nothing.
struct Started {
  std::string agent, tenant;
  std::string owner;  ///< who started it: an agent's name, or "" for an administrator
  std::string by;     ///< the same in words
  std::string goal, instructions, model;
  StopConditions stop;
  ContextSettings context;
};
/// What the model is about to see, and what that may cost: durable before it is asked when money is
/// held for it, and before its answer in any case.
struct Asked {
  enum class Context {
    kept,
    rebuilt,     ///< it had expired or was lost, and was read from the journal
    forgotten,   ///< it had expired, and the model starts again from the goal
    summarised,  ///< it had expired, and this question is for a summary of it
  };
  std::int64_t turn = 0, attempt = 0;
  std::int64_t dropped = 0;  ///< turns, from the first on, that the model no longer sees
  Context context = Context::kept;
  std::int64_t bytes = 0;  ///< size of what is sent, to learn how many make a token
  Nanos reserved = 0;
};
struct Answered {
  std::int64_t turn = 0, attempt = 0;
  bool summary = false;  ///< it sums up the turns before this one, which has no answer yet
  std::string text;
  std::vector<ToolRequest> calls;
  Usage usage;
  Nanos cost = 0;
  Finish finish = Finish::complete;
  base::Json native;  ///< the answer as its provider wants it back, or null
};
/// No answer came.
struct AskFailed {
  enum class Kind {
    model,     ///< the provider's error
    money,     ///< the run's own bound has no room for the question
    budget,    ///< a budget of the policy has no room for it
    context,   ///< the question does not fit into the window
    broke_off  ///< the answer broke off or made no sense: asked again, a few times
  };
  std::int64_t turn = 0, attempt = 0;
  Kind kind = Kind::model;
  std::string text;
  Nanos cost = 0;  ///< what it may have cost all the same
};
/// The reason of a call that a process which is gone had under way: Called::reason.
inline constexpr const char* gateway_stopped = "gateway_stopped";

/// What became of one tool call.
struct Called {
  enum class Kind {
    answered,  ///< carried out; its result may be an error of the tool
    refused,   ///< Sluice said no; nothing was sent
    failed,    ///< the server did not carry it out
    unknown,   ///< it may have been carried out; nobody knows
    withheld,  ///< not sent: the same call has had the same result again and again
    waiting,   ///< not sent: a person has to approve it first
  };
  std::int64_t turn = 0, index = 0, attempt = 0;
  Kind kind = Kind::answered;
  std::string reason;  ///< one word, as in the audit
  base::Json result;   ///< a CallToolResult: what the model is told
  policies::Effect effect = policies::Effect::non_idempotent;
  std::string request;   ///< the id under which the audit knows it
  std::string approval;  ///< when waiting
  Nanos cost = 0;
  std::string key;  ///< the idempotency key that it was sent with, or was to be; ""
  /// The intent of a reconcilable call that may have been carried out; "" of all others.
  std::string doubt;
};
/// The process that drove the run is gone; another one goes on with it.
struct Recovered {};
struct Paused {
  std::string by;
};
struct Resumed {
  std::string by;
};
struct Cancelled {
  std::string by;
};
/// A person says what became of a call whose outcome is unknown.
struct Resolved {
  enum class How {
    done,      ///< it was carried out, with this result
    not_done,  ///< it was not: it is sent again
    abandon,   ///< nobody will know: the model is told so
  };
  std::int64_t turn = 0, index = 0;
  How how = How::abandon;
  std::string text;  ///< the result, when done
  std::string by;
};
/// An approval that a call waits for has been decided: the call is made again and learns how.
struct Decided {
  std::string approval;
};
/// Time has passed.
struct Ticked {};
/// The store does not answer: nothing new is begun until it does.
struct StoreLost {};
struct StoreBack {};
struct Ended {
  enum class Status { done, failed, stopped, stuck, cancelled };
  Status status = Status::done;
  std::string reason;  ///< which condition, or whose error; "" when done
  std::string text;    ///< the model's last word when done, else a sentence
};

using What = std::variant<Started, Asked, Answered, AskFailed, Called, Recovered, Paused, Resumed,
                          Cancelled, Resolved, Decided, Ticked, Ended, StoreLost, StoreBack>;

struct Event {
  Time time;
  What what;
};

/// One word, e.g. `answered`.
std::string_view name_of(const What& what);
std::string_view to_string(Called::Kind kind);
std::string_view to_string(Resolved::How how);
std::string_view to_string(Ended::Status status);

/// Everything but the name, for the journal and for readers of a run.
base::Json to_json(const What& what);
/// Code::broken when they are not what to_json() made.
base::Result<What> parse_event(std::string_view name, const base::Json& facts);

std::string_view to_string(ContextSettings::OnExpiry on_expiry);
std::string_view to_string(Asked::Context context);

/// Takes what may be of any length out of an event that is too long for the journal, and says so
/// in it.
void shorten(What& what);

/// What a CallToolResult says to a model: its texts; what is no text is named and left out.
std::string text_of(const base::Json& result);
bool is_error(const base::Json& result);

}  // namespace runtime
