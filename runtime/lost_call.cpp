#include "runtime/lost_call.h"

#include "mcp/messages.h"

namespace runtime {

Called lost_call(const CallName& name, const base::JournalRecord& intent,
                 const policies::Policy& policy) {
  Called called;
  called.turn = name.turn;
  called.index = name.index;
  called.attempt = name.attempt;
  called.kind = Called::Kind::unknown;
  called.reason = gateway_stopped;
  called.result = mcp::text_content_result(
      "The gateway stopped before an answer came. The call may have been carried out.", true);
  called.request = name.request_id();
  const auto body = base::parse_json(intent.body);
  if (!body) return called;
  if (const std::string* effect = base::find_string(body->value, "effect")) {
    called.effect = policies::parse_effect(*effect).value_or(policies::Effect::non_idempotent);
  }
  // Of what a person changed before it was sent the run knows what was asked for, and would ask
  // about another call.
  const base::Json* approval = base::find_member(body->value, "approval");
  const bool edited = approval != nullptr && base::find_member(*approval, "asked_arguments");
  if (called.effect == policies::Effect::reconcilable && !edited) called.doubt = name.intent_id();
  const std::string* tool = base::find_string(body->value, "tool");
  // Whatever would make a key today: the server knows the call by this one.
  if (const std::string* key = base::find_string(body->value, "key")) called.key = *key;
  const std::size_t slash = tool ? tool->find('/') : std::string::npos;
  if (slash != std::string::npos) {
    called.cost = policy.price_of(tool->substr(0, slash), tool->substr(slash + 1));
  }
  return called;
}

}  // namespace runtime
