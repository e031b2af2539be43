#include "policies/arguments_refusal.h"

namespace policies {
namespace {

constexpr std::size_t longest_schema = 1'000;  // bytes shown
constexpr std::size_t most_alternatives = 4;

std::string shown(const std::string& schema) {
  if (schema.size() <= longest_schema) return schema;
  std::size_t end = longest_schema;
  while (end > 0 && (static_cast<unsigned char>(schema[end]) & 0xc0) == 0x80) --end;
  return schema.substr(0, end) + "…";
}

std::string joined(const std::vector<std::string>& lines, const char* between) {
  std::string text;
  for (const std::string& line : lines) text.append(text.empty() ? "" : between).append(line);
  return text;
}

}  // namespace

std::string denied_arguments_text(std::string_view tool_id, const ConstrainedRule& deny) {
  return "Policy refuses these arguments of " + std::string(tool_id) +
         ". Nothing was sent. Arguments that match this JSON Schema are refused: " +
         shown(deny.arguments.text());
}

std::string unmet_arguments_text(std::string_view tool_id,
                                 const std::vector<const ConstrainedRule*>& allows,
                                 const base::Json& arguments) {
  std::string text =
      "Policy allows " + std::string(tool_id) + " only with other arguments. Nothing was sent.";
  if (allows.size() == 1) {
    return text + "\n" + joined(allows.front()->arguments.violations(arguments), "\n");
  }
  text.append(" Mend what one of these lines says:");
  for (std::size_t at = 0; at < allows.size() && at < most_alternatives; ++at) {
    text.append("\n")
        .append(std::to_string(at + 1))
        .append(". ")
        .append(joined(allows[at]->arguments.violations(arguments), "; "));
  }
  if (allows.size() > most_alternatives) {
    text.append("\nand ").append(std::to_string(allows.size() - most_alternatives)).append(" more");
  }
  return text;
}

}  // namespace policies
