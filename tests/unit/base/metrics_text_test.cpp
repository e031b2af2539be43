#include "base/metrics_text.h"

#include <catch2/catch.hpp>

namespace metrics_text_test {

using base::MetricsText;

TEST_CASE("metrics are written family by family", "[metrics]") {
  MetricsText text;
  text.family("calls_total", "counter", "Calls.");
  text.sample("", {{"server", "a"}, {"outcome", "answered"}}, 3);
  text.family("open", "gauge", "Open ones.");
  text.sample("", {}, 0);
  CHECK(text.take() ==
        "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
        "calls_total{server=\"a\",outcome=\"answered\"} 3\n"
        "# HELP open Open ones.\n# TYPE open gauge\nopen 0\n");
}

TEST_CASE("a label cannot leave its quotes", "[metrics]") {
  MetricsText text;
  text.family("m", "gauge", "M.");
  text.sample("", {{"l", "a\"b\\c\nd"}}, 1);
  CHECK(text.take().ends_with("m{l=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST_CASE("times are seconds, exactly", "[metrics]") {
  CHECK(MetricsText::seconds_text(0) == "0");
  CHECK(MetricsText::seconds_text(500) == "0.0005");
  CHECK(MetricsText::seconds_text(1'500'000) == "1.5");
  CHECK(MetricsText::seconds_text(300'000'000) == "300");
  CHECK(MetricsText::seconds_text(18'446'744'073'709'551'615U) == "18446744073709.551615");
}

}  // namespace metrics_text_test
