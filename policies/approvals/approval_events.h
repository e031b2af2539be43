#pragma once

#include <string>
#include <string_view>

#include "base/journal.h"
#include "base/json.h"
#include "base/result.h"
#include "policies/approvals/approvals.h"

/// What the journal says of approvals. An approval is what its events add up to, in this process
/// and after a restart alike. The first event holds the call's arguments: people must see what they
/// decide, and the record shows what was asked and what was sent.
namespace policies::approvals {

inline constexpr const char* approval_stream = "approval";

base::Json asked_event(const Approval& approval);
base::Json vote_event(const Decision& decision, WallTime now);
/// What the clock does when the time of an approval has come: more people are asked, the question
/// expires, or what was decided is over.
base::Json clock_event(const Approval& approval, WallTime now);
base::Json redeemed_event(const std::string& request, const std::string& intent, WallTime now);
base::Json forgotten_event(const Decider& decider, WallTime now);
/// The use did not come to be: the approval stands again, until `until`.
base::Json released_event(WallTime until, WallTime now);
/// Somebody's word, which was recorded before, may not count.
base::Json void_event(const std::string& person, const std::string& reason, WallTime now);
base::Json ended_event(const std::string& reason, WallTime now);

/// What the approval is after the event. Code::broken for what is no event of an approval.
base::Status apply_event(Approval& approval, const base::Json& event);
/// A recorded event.
base::Result<base::Json> read_event(std::string_view text);

/// The record of an event; `after` is the approval with it applied. It says `"left": "nothing"` when
/// a start need not know of the approval any more.
base::JournalEntry entry_of(const Approval& after, base::Json event);

}  // namespace policies::approvals
