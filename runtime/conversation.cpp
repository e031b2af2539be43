#include "runtime/conversation.h"

#include <algorithm>
#include <utility>

namespace runtime {
namespace {

/// What a provider adds to each part of a question, in bytes, at most.
constexpr std::size_t overhead = 64;
/// A result is not cut to less.
constexpr std::size_t least_shown = 256;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Keeps the beginning and the end.
void cut(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  std::size_t head = most / 2;
  std::size_t tail = text.size() - most / 2;
  while (head > 0 && continues_character(text[head])) --head;
  while (tail < text.size() && continues_character(text[tail])) ++tail;
  text = text.substr(0, head) + "\n[" + std::to_string(tail - head) + " bytes left out]\n" +
         text.substr(tail);
}

std::string result_text(const base::Json& result) {
  std::string text = text_of(result);
  return text.empty() ? std::string("(no content)") : text;
}

// Most results are short: then the exchange stays shared.
void cut_returns(std::shared_ptr<const Exchange>& exchange, std::size_t room) {
  const std::size_t even = room / std::max<std::size_t>(1, exchange->returns.size());
  const std::size_t share = std::max(least_shown, even);
  const auto is_long = [share](const ToolReturn& returned) { return returned.text.size() > share; };
  if (std::ranges::none_of(exchange->returns, is_long)) return;
  auto shortened = std::make_shared<Exchange>(*exchange);
  for (ToolReturn& returned : shortened->returns) cut(returned.text, share);
  exchange = std::move(shortened);
}

}  // namespace

Exchange::Exchange(std::string said, std::vector<ToolRequest> wanted, base::Json verbatim)
    : text(std::move(said)),
      calls(std::move(wanted)),
      native(std::move(verbatim)),
      returns(calls.size()),
      said_(text.size() + overhead) {
  for (const ToolRequest& call : calls) {
    said_ += call.id.size() + call.tool.size() + base::dump_json(call.arguments).size() + overhead;
  }
  if (!native.is_null()) said_ += base::dump_json(native).size();
}

std::size_t Exchange::bytes() const {
  std::size_t bytes = said_;
  for (const ToolReturn& returned : returns) bytes += returned.text.size() + overhead;
  return bytes;
}

bool tells(const What& what) {
  return std::holds_alternative<Started>(what) || std::holds_alternative<Answered>(what) ||
         std::holds_alternative<Called>(what) || std::holds_alternative<Resolved>(what);
}

// Only of the last turn: the others have all their results.
void Conversation::set(std::int64_t turn, std::int64_t index, ToolReturn value) {
  const bool last = turn + 1 == static_cast<std::int64_t>(exchanges_.size());
  const auto at = static_cast<std::size_t>(index);
  if (!last || exchanges_.empty() || index < 0 || at >= exchanges_.back()->returns.size()) return;
  // A question may still show it. A run and its questions stay on one loop.
  auto& shared = exchanges_.back();
  auto own = shared.use_count() == 1 ? std::const_pointer_cast<Exchange>(shared)
                                     : std::make_shared<Exchange>(*shared);
  bytes_ += value.text.size();
  bytes_ -= own->returns[at].text.size();
  own->returns[at] = std::move(value);
  shared = std::move(own);
}

// A later outcome of a call is the better one: what was unknown has been found out.
void Conversation::apply(const Event& event) {
  if (tells(event.what)) ++heard_;
  if (const auto* started = std::get_if<Started>(&event.what)) {
    instructions_ = started->instructions;
    goal_ = started->goal;
    bytes_ = instructions_.size() + goal_.size();
  } else if (const auto* answered = std::get_if<Answered>(&event.what)) {
    const bool next = answered->turn == static_cast<std::int64_t>(exchanges_.size());
    if (next && answered->summary) {
      bytes_ += answered->text.size();
      bytes_ -= summary_.size();
      summary_ = answered->text;
      summarised_ = answered->turn;
      return;
    }
    if (!next || answered->calls.empty()) return;
    exchanges_.push_back(
        std::make_shared<Exchange>(answered->text, answered->calls, answered->native));
    bytes_ += exchanges_.back()->bytes();
  } else if (const auto* called = std::get_if<Called>(&event.what)) {
    if (called->kind == Called::Kind::waiting) return;
    set(called->turn, called->index, {result_text(called->result), is_error(called->result)});
  } else if (const auto* resolved = std::get_if<Resolved>(&event.what)) {
    if (resolved->how == Resolved::How::not_done) return;
    if (resolved->how == Resolved::How::done) {
      set(resolved->turn, resolved->index,
          {resolved->text.empty() ? "Done." : resolved->text, false});
    } else {
      set(resolved->turn, resolved->index,
          {"The call may have been carried out; nobody knows. Do not repeat it: find out first "
           "what became of it.",
           true});
    }
  }
}

std::size_t Question::bytes() const {
  std::size_t bytes = instructions.size() + opening().size() + closing.size() + 3 * overhead;
  for (const auto& exchange : exchanges) bytes += exchange->bytes();
  for (const ToolOffer& tool : tools) {
    bytes +=
        tool.name.size() + tool.description.size() + base::dump_json(tool.schema).size() + overhead;
  }
  return bytes;
}

std::string Question::opening() const {
  if (dropped == 0) return goal;
  std::string text = goal + "\n\n[The first " + std::to_string(dropped) +
                     " steps of this work are no longer shown.]";
  if (!summary.empty()) {
    text += "\n\n[What the first " + std::to_string(summarised) + " steps came to:]\n" + summary;
  }
  return text;
}

std::string ask_for_summary() {
  return "Sum up this work so far, for yourself: you will go on with it and see nothing else of "
         "it. "
         "Say what was to be done, what was done with which result, what was found out, what is "
         "left to do, and what must not be done again. Call no tools.";
}

std::optional<Question> question_of(const Conversation& conversation, const Window& window,
                                    std::vector<ToolOffer> tools, std::int64_t max_tokens,
                                    std::string closing) {
  const double tokens = static_cast<double>(std::max<std::int64_t>(0, window.tokens - max_tokens));
  const auto room = static_cast<std::size_t>(tokens * window.bytes_per_token);
  Question question;
  question.turn = static_cast<std::int64_t>(conversation.exchanges().size());
  question.instructions = conversation.instructions();
  question.goal = conversation.goal();
  question.summary = conversation.summary();
  question.summarised = conversation.summarised();
  question.closing = std::move(closing);
  question.tools = std::move(tools);
  question.max_tokens = max_tokens;
  question.dropped = std::clamp<std::int64_t>(window.dropped, 0, question.turn);
  question.exchanges.assign(conversation.exchanges().begin() + question.dropped,
                            conversation.exchanges().end());
  for (auto& exchange : question.exchanges) cut_returns(exchange, room / 2);
  std::size_t bytes = question.bytes();
  if (bytes <= room) return question;
  auto kept = question.exchanges.begin();
  while (bytes > room / 4 * 3 && kept != question.exchanges.end() &&
         kept + 1 != question.exchanges.end()) {
    bytes -= (*kept)->bytes();
    ++kept;
    ++question.dropped;
  }
  question.exchanges.erase(question.exchanges.begin(), kept);
  if (question.bytes() > room) return std::nullopt;
  return question;
}

}  // namespace runtime
