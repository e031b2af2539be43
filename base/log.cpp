#include "base/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include "base/json.h"
#include "base/time_text.h"

namespace base {
namespace {

constexpr std::size_t longest_text = 2048;
constexpr std::size_t buffer_size = 64 << 10;
constexpr std::size_t most_held = 1 << 20;  // while nobody reads
constexpr std::chrono::milliseconds flush_interval{200};

// Whether a write of at most PIPE_BUF bytes to standard error would not have to wait (pipe(7),
// poll(2)).
bool takes_more() {
  pollfd entry{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&entry, 1, 0) > 0;
}

// Collects lines and writes them together: a system call per line would cost as much as a call's
// checks. Never waits for whoever reads them, since event loops write here: lines are held until
// they are taken, and beyond a bound lost, which is said afterwards.
class BufferedSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (lost_ > 0 || buffer_.size() + message.payload.size() > most_held) {
      ++lost_;
      flush_();
      return;
    }
    buffer_.append(message.payload.data(), message.payload.size()).push_back('\n');
    if (buffer_.size() >= buffer_size) flush_();
  }
  void flush_() override {
    write_out();
    if (lost_ > 0 && buffer_.empty()) {
      append_loss();
      write_out();
    }
  }

 private:
  void write_out() {
    std::string_view rest = buffer_;
    while (!rest.empty() && takes_more()) {
      const ssize_t written =
          ::write(STDERR_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (written < 0 && (errno == EINTR || errno == EAGAIN)) break;
      if (written <= 0) rest = {};  // nobody reads, nor will
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.erase(0, buffer_.size() - rest.size());
  }

  void append_loss() {
    buffer_.append(R"({"time":")");
    append_rfc3339(buffer_, std::chrono::system_clock::now(), 3);
    buffer_.append(R"(","level":"warn","event":"log_lost","lines":)");
    buffer_.append(std::to_string(std::exchange(lost_, 0))).append("}\n");
  }

  std::string buffer_;
  std::uint64_t lost_ = 0;  // lines since the last that was taken
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// The beginning of a line behind its time.
std::string_view opening_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return R"(","level":"debug","event":")";
    case LogLevel::info:
      return R"(","level":"info","event":")";
    case LogLevel::warn:
      return R"(","level":"warn","event":")";
    case LogLevel::error:
      return R"(","level":"error","event":")";
  }
  return R"(","level":"error","event":")";
}

void append_value(std::string& line, const LogValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_json_string(line, text->substr(0, longest_text));
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    line.append(std::to_string(*number));
  } else {
    line.append(std::get<bool>(value) ? "true" : "false");
  }
}

}  // namespace

struct Log::State {
  explicit State(LogLevel lowest)
      : logger("sluice", std::make_shared<BufferedSink>()), flusher([this](std::stop_token stop) {
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            wake.wait_for(lock, stop, flush_interval, [] { return false; });
            logger.flush();
          }
        }) {
    logger.set_level(to_spdlog(lowest));
    logger.flush_on(spdlog::level::warn);
  }

  spdlog::logger logger;
  std::mutex mutex;  // for waiting only
  std::condition_variable_any wake;
  std::jthread flusher;
};

Log::Log(LogLevel lowest) : state_(std::make_unique<State>(lowest)) {}
Log::~Log() { flush(); }

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!state_->logger.should_log(to_spdlog(level))) return;
  std::string line;
  line.reserve(256);
  line.append(R"({"time":")");
  append_rfc3339(line, std::chrono::system_clock::now(), 3);
  line.append(opening_of(level)).append(event).push_back('"');
  for (const auto& [name, value] : fields) {
    line.append(name.text(false));
    append_value(line, value);
  }
  line.push_back('}');
  state_->logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

void Log::flush() { state_->logger.flush(); }

}  // namespace base
