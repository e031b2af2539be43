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

void cut_returns(Exchange& exchange, std::size_t room) {
  const std::size_t share = room / std::max<std::size_t>(1, exchange.returns.size());
  for (ToolReturn& returned : exchange.returns) cut(returned.text, std::max(least_shown, share));
}

}  // namespace

std::size_t Exchange::bytes() const {
  std::size_t bytes = text.size() + overhead;
  for (const ToolRequest& call : calls) {
    bytes += call.id.size() + call.tool.size() + base::dump_json(call.arguments).size() + overhead;
  }
  if (!native.is_null()) bytes += base::dump_json(native).size();
  for (const ToolReturn& returned : returns) bytes += returned.text.size() + overhead;
  return bytes;
}

void Conversation::set(ToolReturn& returned, ToolReturn value) {
  bytes_ += value.text.size();
  bytes_ -= returned.text.size();
  returned = std::move(value);
}

ToolReturn* Conversation::place(std::int64_t turn, std::int64_t index) {
  if (exchanges_.empty() || turn + 1 != static_cast<std::int64_t>(exchanges_.size())) {
    return nullptr;
  }
  auto& returns = exchanges_.back().returns;
  const auto at = static_cast<std::size_t>(index);
  return index >= 0 && at < returns.size() ? &returns[at] : nullptr;
}

// A later outcome of a call is the better one: what was unknown has been found out.
void Conversation::apply(const Event& event) {
  if (const auto* started = std::get_if<Started>(&event.what)) {
    instructions_ = started->instructions;
    goal_ = started->goal;
    bytes_ = instructions_.size() + goal_.size();
  } else if (const auto* answered = std::get_if<Answered>(&event.what)) {
    const bool next = answered->turn == static_cast<std::int64_t>(exchanges_.size());
    if (!next || answered->calls.empty()) return;
    exchanges_.push_back({answered->text, answered->calls, answered->native,
                          std::vector<ToolReturn>(answered->calls.size())});
    bytes_ += exchanges_.back().bytes();
  } else if (const auto* called = std::get_if<Called>(&event.what)) {
    ToolReturn* const returned = place(called->turn, called->index);
    if (returned == nullptr || called->kind == Called::Kind::waiting) return;
    set(*returned, {result_text(called->result), is_error(called->result)});
  } else if (const auto* resolved = std::get_if<Resolved>(&event.what)) {
    ToolReturn* const returned = place(resolved->turn, resolved->index);
    if (returned == nullptr || resolved->how == Resolved::How::not_done) return;
    if (resolved->how == Resolved::How::done) {
      set(*returned, {resolved->text.empty() ? "Done." : resolved->text, false});
    } else {
      set(*returned, {"The call may have been carried out; nobody knows. Do not repeat it: find "
                      "out first what became of it.",
                      true});
    }
  }
}

std::size_t Question::bytes() const {
  std::size_t bytes = instructions.size() + opening().size() + 2 * overhead;
  for (const Exchange& exchange : exchanges) bytes += exchange.bytes();
  for (const ToolOffer& tool : tools) {
    bytes +=
        tool.name.size() + tool.description.size() + base::dump_json(tool.schema).size() + overhead;
  }
  return bytes;
}

std::string Question::opening() const {
  if (dropped == 0) return goal;
  return goal + "\n\n[The first " + std::to_string(dropped) +
         " steps of this work are no longer shown.]";
}

std::optional<Question> question_of(const Conversation& conversation, const Window& window,
                                    std::vector<ToolOffer> tools, std::int64_t max_tokens) {
  const double tokens = static_cast<double>(std::max<std::int64_t>(0, window.tokens - max_tokens));
  const auto room = static_cast<std::size_t>(tokens * window.bytes_per_token);
  Question question;
  question.turn = static_cast<std::int64_t>(conversation.exchanges().size());
  question.instructions = conversation.instructions();
  question.goal = conversation.goal();
  question.tools = std::move(tools);
  question.max_tokens = max_tokens;
  question.dropped = std::clamp<std::int64_t>(window.dropped, 0, question.turn);
  question.exchanges.assign(conversation.exchanges().begin() + question.dropped,
                            conversation.exchanges().end());
  for (Exchange& exchange : question.exchanges) cut_returns(exchange, room / 2);
  std::size_t bytes = question.bytes();
  if (bytes <= room) return question;
  auto kept = question.exchanges.begin();
  while (bytes > room / 4 * 3 && kept != question.exchanges.end() &&
         kept + 1 != question.exchanges.end()) {
    bytes -= kept->bytes();
    ++kept;
    ++question.dropped;
  }
  question.exchanges.erase(question.exchanges.begin(), kept);
  if (question.bytes() > room) return std::nullopt;
  return question;
}

}  // namespace runtime
