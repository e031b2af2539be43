#include "policies/verification.h"

#include <charconv>
#include <utility>

namespace policies {
namespace {

using base::Json;
using tools::schema::Verdict;

// Takes the next step off a valid pointer, its escapes undone.
std::string take_step(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::string_view written = pointer.substr(0, pointer.find('/'));
  pointer.remove_prefix(written.size());
  std::string step;
  for (std::size_t at = 0; at < written.size(); ++at) {
    if (written[at] != '~') {
      step += written[at];
    } else {
      step += written[++at] == '0' ? '~' : '/';
    }
  }
  return step;
}

const Json* item_of(const Json& list, const std::string& step) {
  std::size_t index = 0;
  const char* const end = step.data() + step.size();
  const auto [stop, error] = std::from_chars(step.data(), end, index);
  const bool is_index = error == std::errc{} && stop == end && (step == "0" || step[0] != '0');
  return is_index && index < list.size() ? &list[index] : nullptr;
}

const Json* find(const Json& value, std::string_view pointer) {
  const Json* found = &value;
  while (found != nullptr && !pointer.empty()) {
    const std::string step = take_step(pointer);
    found = found->is_array() ? item_of(*found, step) : base::find_member(*found, step);
  }
  return found;
}

bool is_error(const Json& result) {
  const Json* flag = base::find_member(result, "isError");
  return flag != nullptr && *flag != false;
}

}  // namespace

std::string_view to_string(CarriedOut answer) {
  switch (answer) {
    case CarriedOut::yes:
      return "done";
    case CarriedOut::no:
      return "not_done";
    case CarriedOut::inconclusive:
      break;
  }
  return "inconclusive";
}

std::string_view pointer_problem(std::string_view pointer) {
  if (!pointer.starts_with('/')) return "it does not begin with '/'";
  for (std::size_t tilde = pointer.find('~'); tilde != std::string_view::npos;
       tilde = pointer.find('~', tilde + 1)) {
    const std::string_view escaped = pointer.substr(tilde + 1, 1);
    if (escaped != "0" && escaped != "1") return "its '~' is no escape: '~0' is '~', '~1' is '/'";
  }
  return {};
}

std::string first_step(std::string_view pointer) { return take_step(pointer); }

base::Result<Json> Verification::arguments_for(const Json& call) const {
  Json asked = Json::object();
  for (const VerifyArgument& argument : arguments) {
    const Json* value =
        argument.pointer.empty() ? &argument.constant : find(call, argument.pointer);
    if (value == nullptr) {
      return base::Error{base::Code::invalid, "the call has no " + argument.pointer, {}};
    }
    asked[argument.name] = *value;
  }
  return asked;
}

CarriedOut Verification::read(const Json& result) const {
  if (!result.is_object() || is_error(result)) return CarriedOut::inconclusive;
  const Json* content = base::find_member(result, "structuredContent");
  const Json& said = content != nullptr ? *content : result;
  const Verdict yes = done.verdict(said);
  // What could not be decided is neither.
  const Verdict no = not_done ? not_done->verdict(said) : Verdict::invalid;
  if (yes == Verdict::valid && no == Verdict::invalid) return CarriedOut::yes;
  if (yes == Verdict::invalid && no == Verdict::valid) return CarriedOut::no;
  return CarriedOut::inconclusive;
}

}  // namespace policies
