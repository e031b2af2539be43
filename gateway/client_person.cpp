#include "gateway/client_person.h"

#include <utility>

#include "gateway/client_questions.h"
#include "gateway/pipeline/client_form.h"
#include "mcp/messages.h"
#include "mcp/notifications.h"

namespace gateway {
namespace {

using base::Json;
using pipeline::ClientPerson;
using policies::approvals::Approval;

/// Answers under the approval's id in `inputResponses` of the call that is repeated. What is there
/// under other keys answers nothing: an approval is found by its call alone.
class PersonWhoRepeats final : public ClientPerson {
 public:
  explicit PersonWhoRepeats(const Json* responses) : responses_(responses) {}

  base::Result<Word> word_on(const Approval& approval) const override {
    if (responses_ == nullptr) return Word::none;
    if (!responses_->is_object()) {
      return base::Error{base::Code::invalid, "inputResponses must be an object", {}};
    }
    const Json* response = base::find_member(*responses_, approval.id);
    return response == nullptr ? base::Result<Word>(Word::none) : pipeline::read_form(*response);
  }
  bool repeats_call() const override { return true; }
  std::unique_ptr<Question> put(const Approval&) override { return nullptr; }

 private:
  const Json* responses_;
};

/// A request on the event stream of the call; taken back when nobody has answered it.
class StreamQuestion final : public ClientPerson::Question {
 public:
  StreamQuestion(EventStream& events, std::unique_ptr<ClientQuestions::Entry> entry,
                 const Approval& approval)
      : events_(events), entry_(std::move(entry)) {
    events_.send(mcp::request_text(entry_->id(), pipeline::elicitation_method,
                                   base::dump_json(pipeline::form_of(approval))));
  }
  ~StreamQuestion() override {
    if (entry_->open()) events_.send(mcp::cancelled_text(entry_->id(), "nobody waits any more"));
  }

 private:
  EventStream& events_;
  std::unique_ptr<ClientQuestions::Entry> entry_;
};

class PersonOnStream final : public ClientPerson {
 public:
  explicit PersonOnStream(MethodContext& context) : context_(context) {}

  base::Result<Word> word_on(const Approval&) const override { return Word::none; }
  bool repeats_call() const override { return false; }
  std::unique_ptr<Question> put(const Approval& approval) override {
    auto entry = context_.questions->add(context_.principal, context_.session, approval.id);
    return std::make_unique<StreamQuestion>(*context_.events, std::move(entry), approval);
  }

 private:
  MethodContext& context_;
};

}  // namespace

std::unique_ptr<ClientPerson> client_person(MethodContext& context) {
  if (context.inbound.era == mcp::Era::modern) {
    const Json* envelope = base::find_member(context.request.params, "_meta");
    const Json* offered =
        envelope ? base::find_member(*envelope, mcp::meta::client_capabilities) : nullptr;
    if (offered == nullptr || !mcp::elicits_forms(*offered)) return nullptr;
    return std::make_unique<PersonWhoRepeats>(
        base::find_member(context.request.params, "inputResponses"));
  }
  const bool reachable = context.elicits && context.questions != nullptr &&
                         context.events != nullptr && !context.session.empty() &&
                         accepts_event_stream(context.fields);
  if (!reachable) return nullptr;
  return std::make_unique<PersonOnStream>(context);
}

}  // namespace gateway
