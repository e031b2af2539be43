#include "base/metrics_text.h"

namespace base {
namespace {

constexpr std::uint64_t micros_per_second = 1'000'000;

void append_label_value(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') text.push_back('\\');
    if (c == '\n') {
      text.append("\\n");
    } else {
      text.push_back(c);
    }
  }
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::sample(std::string_view suffix, Labels labels, std::uint64_t value) {
  name_and_labels(suffix, labels);
  text_.append(std::to_string(value)).append("\n");
}

void MetricsText::seconds(std::string_view suffix, Labels labels, std::uint64_t micros) {
  name_and_labels(suffix, labels);
  text_.append(seconds_text(micros)).append("\n");
}

std::string MetricsText::seconds_text(std::uint64_t micros) {
  std::string text = std::to_string(micros / micros_per_second);
  std::string fraction = std::to_string(micros_per_second + micros % micros_per_second).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? text : text + "." + fraction;
}

void MetricsText::name_and_labels(std::string_view suffix, Labels labels) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [label, value] : labels) {
    text_.push_back(before);
    text_.append(label).append("=\"");
    append_label_value(text_, value);
    text_.push_back('"');
    before = ',';
  }
  if (before == ',') text_.push_back('}');
  text_.push_back(' ');
}

}  // namespace base
