// Calls one tool over and over, checks every answer, and prints one line of JSON.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/bench/connection.h"
#include "tests/bench/histogram.h"

namespace bench {
namespace {

struct Options {
  Target target;
  std::size_t connections = 1;
  double seconds = 5;
  double warmup = 1;
  double rate =
      0;  ///< calls per second at fixed times; 0: each connection sends when it has its answer
};

Clock::duration as_duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options), calls_(options.target), timer_(loop_) {
    asio::ip::tcp::resolver resolver(loop_);
    const auto found = *resolver.resolve(options.target.host, options.target.port).begin();
    for (std::size_t i = 0; i < options.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(
          loop_, found.endpoint(), calls_, [this](auto& connection, auto intended, auto& wrong) {
            answered(connection, intended, wrong);
          }));
      connections_.back()->open();
      idle_.push_back(connections_.back().get());
    }
  }

  void run() {
    next_ = Clock::now();
    measure_from_ = next_ + as_duration(options_.warmup);
    end_ = measure_from_ + as_duration(options_.seconds);
    send_what_is_due();
    loop_.run_until(end_);
  }

  nlohmann::ordered_json report() const {
    return {{"requests", latencies_.count()},
            {"seconds", options_.seconds},
            {"rps", static_cast<double>(latencies_.count()) / options_.seconds},
            {"p50_us", latencies_.percentile(0.5)},
            {"p99_us", latencies_.percentile(0.99)},
            {"p999_us", latencies_.percentile(0.999)},
            {"errors", errors_},
            {"first_error", first_error_},
            {"unanswered", unanswered()},
            {"requests_with_warmup", answered_}};
  }

  bool good() const { return errors_ == 0 && latencies_.count() > 0; }

 private:
  bool open_loop() const { return options_.rate > 0; }

  /// Calls that were due before the end and have no answer: a stall would otherwise go unseen.
  std::uint64_t unanswered() const {
    const auto in_flight = options_.connections - idle_.size();
    if (!open_loop() || next_ >= end_) return in_flight;
    const auto late = std::chrono::duration<double>(end_ - next_).count();
    return in_flight + static_cast<std::uint64_t>(late * options_.rate);
  }

  void send_what_is_due() {
    const auto now = Clock::now();
    while (!idle_.empty() && (!open_loop() || next_ <= now)) {
      auto* connection = idle_.front();
      idle_.pop_front();
      connection->send(next_id_++, open_loop() ? next_ : now);
      if (open_loop()) next_ += as_duration(1 / options_.rate);
    }
    if (!open_loop() || idle_.empty()) return;
    timer_.expires_at(next_);
    timer_.async_wait([this](std::error_code error) {
      if (!error) send_what_is_due();
    });
  }

  void answered(Connection& connection, Clock::time_point intended, const std::string& wrong) {
    const auto now = Clock::now();
    ++answered_;
    if (!wrong.empty()) {
      if (errors_++ == 0) first_error_ = wrong;
    } else if (intended >= measure_from_ && now <= end_) {
      latencies_.record(now - intended);
    }
    if (!open_loop()) return connection.send(next_id_++, now);
    idle_.push_back(&connection);
    send_what_is_due();
  }

  Options options_;
  CallTemplate calls_;
  asio::io_context loop_{1};
  asio::steady_timer timer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> idle_;
  std::uint64_t next_id_ = 1'000'000'000;
  Clock::time_point next_, measure_from_, end_;
  Histogram latencies_;
  std::uint64_t errors_ = 0, answered_ = 0;
  std::string first_error_;
};

/// Takes `http://HOST:PORT/PATH` apart.
bool read_url(const std::string& url, Target& target) {
  constexpr std::string_view scheme = "http://";
  const auto path = url.find('/', scheme.size());
  const auto colon = url.find(':', scheme.size());
  if (!url.starts_with(scheme) || path == std::string::npos || colon > path) return false;
  target.host = url.substr(scheme.size(), colon - scheme.size());
  target.port = url.substr(colon + 1, path - colon - 1);
  target.path = url.substr(path);
  return true;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) try {
  bench::Options options;
  std::string url;
  CLI::App app("Load for an MCP endpoint");
  app.add_option("--url", url, "http://HOST:PORT/PATH")->required();
  app.add_option("--key", options.target.key, "sent as a bearer token");
  app.add_option("--tool", options.target.tool, "a tool that echoes `message`")
      ->default_val("echo");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 20'000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.05, 86'400.0));
  app.add_option("--warmup", options.warmup)->check(CLI::Range(0.0, 3'600.0));
  app.add_option("--rate", options.rate, "calls per second, sent whether or not answers come")
      ->check(CLI::Range(0.0, 1e6));
  CLI11_PARSE(app, argc, argv);
  if (!bench::read_url(url, options.target)) {
    std::fprintf(stderr, "bench_load: the URL must look like http://HOST:PORT/PATH\n");
    return 2;
  }
  bench::Load load(options);
  load.run();
  std::printf("%s\n", load.report().dump().c_str());
  return load.good() ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_load: %s\n", error.what());
  return 1;
}
