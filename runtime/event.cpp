#include "runtime/event.h"

#include <array>

#include "mcp/messages.h"

namespace runtime {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<What>> names = {
    "started",   "asked",  "answered", "ask_failed", "called",
    "recovered", "paused", "resumed",  "cancelled",  "resolved",
    "decided",   "ticked", "ended",    "store_lost", "store_back"};

std::string name_of_block(const base::Json& block) {
  const std::string* type = base::find_string(block, "type");
  const std::string* mime = base::find_string(block, "mimeType");
  return "[" + (type ? *type : std::string("content")) + (mime ? " " + *mime : "") +
         " left out: only text is shown]";
}

}  // namespace

Usage& Usage::operator+=(const Usage& more) {
  input += more.input;
  cache_read += more.cache_read;
  cache_write += more.cache_write;
  output += more.output;
  reported = reported && more.reported;
  return *this;
}

std::string_view name_of(const What& what) { return names[what.index()]; }

std::string_view to_string(Called::Kind kind) {
  switch (kind) {
    case Called::Kind::answered:
      return "answered";
    case Called::Kind::refused:
      return "refused";
    case Called::Kind::failed:
      return "failed";
    case Called::Kind::unknown:
      return "unknown";
    case Called::Kind::withheld:
      return "withheld";
    case Called::Kind::waiting:
      break;
  }
  return "waiting";
}

std::string_view to_string(Resolved::How how) {
  switch (how) {
    case Resolved::How::done:
      return "done";
    case Resolved::How::not_done:
      return "not_done";
    case Resolved::How::abandon:
      break;
  }
  return "abandon";
}

std::string_view to_string(Ended::Status status) {
  switch (status) {
    case Ended::Status::done:
      return "done";
    case Ended::Status::failed:
      return "failed";
    case Ended::Status::stopped:
      return "stopped";
    case Ended::Status::stuck:
      return "stuck";
    case Ended::Status::cancelled:
      break;
  }
  return "cancelled";
}

std::string_view to_string(ContextSettings::OnExpiry on_expiry) {
  switch (on_expiry) {
    case ContextSettings::OnExpiry::rebuild:
      return "rebuild";
    case ContextSettings::OnExpiry::summarise:
      return "summarise";
    case ContextSettings::OnExpiry::forget:
      break;
  }
  return "forget";
}

std::string_view to_string(Asked::Context context) {
  switch (context) {
    case Asked::Context::kept:
      return "kept";
    case Asked::Context::rebuilt:
      return "rebuilt";
    case Asked::Context::forgotten:
      return "forgotten";
    case Asked::Context::summarised:
      break;
  }
  return "summarised";
}

void shorten(What& what) {
  if (auto* called = std::get_if<Called>(&what)) {
    called->result = mcp::text_content_result(
        "The call was carried out, but its result is too long to be kept.", true);
  } else if (const auto* answered = std::get_if<Answered>(&what)) {
    what = AskFailed{answered->turn, answered->attempt, AskFailed::Kind::broke_off,
                     "the model's answer is too long to be kept", answered->cost};
  }
}

std::string text_of(const base::Json& result) {
  std::string text;
  const base::Json* content = base::find_member(result, "content");
  if (content != nullptr && content->is_array()) {
    for (const base::Json& block : *content) {
      const std::string* words = base::find_string(block, "text");
      if (!text.empty()) text.push_back('\n');
      text.append(words ? *words : name_of_block(block));
    }
  }
  const base::Json* structured = base::find_member(result, "structuredContent");
  if (text.empty() && structured != nullptr) text = base::dump_json(*structured);
  return text;
}

bool is_error(const base::Json& result) {
  const base::Json* flag = base::find_member(result, "isError");
  return flag != nullptr && *flag == true;
}

}  // namespace runtime
