#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace base {

/// Metrics as Prometheus reads them (text format 0.0.4), written family by family.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// What the samples that follow belong to. `type` is `counter`, `gauge` or `histogram`.
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// `suffix` is "" except for the samples of a histogram.
  void sample(std::string_view suffix, Labels labels, std::uint64_t value);
  /// The same for a time, as seconds.
  void seconds(std::string_view suffix, Labels labels, std::uint64_t micros);

  std::string take() { return std::move(text_); }

  /// Microseconds as seconds, exactly.
  static std::string seconds_text(std::uint64_t micros);

 private:
  void name_and_labels(std::string_view suffix, Labels labels);

  std::string text_, name_;
};

}  // namespace base
