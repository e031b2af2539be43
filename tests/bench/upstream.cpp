// An MCP server that costs as little as possible, so that what is measured is what stands before
// it.

#include <CLI/CLI.hpp>
#include <array>
#include <asio.hpp>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "tests/bench/answers.h"
#include "tests/bench/frame.h"

namespace bench {
namespace {

using asio::ip::tcp;

enum class Mode { answer, hang, garbage, flood, drip, die };

struct Options {
  std::uint16_t port = 0;
  unsigned threads = 1;
  Mode mode = Mode::answer;
  Character character;
};

constexpr std::string_view endless_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
constexpr std::chrono::milliseconds drip_pause{20};

/// Not HTTP, HTTP without sense, JSON that is cut off, and an answer that nobody asked for.
constexpr std::array<std::string_view, 4> garbage{
    std::string_view("\x00\xff\xfe\r\n\r\n\x01garbage\r\n", 17),
    "HTTP/1.1 999 \r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    "15\r\n\r\n{\"jsonrpc\":\"2.0",
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 44\r\n\r\n"
    "{\"jsonrpc\":\"2.0\",\"id\":\"never\",\"result\":null}"};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Options& options, const Answers& answers)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        options_(options),
        answers_(answers) {}

  void start() {
    std::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    read();
  }

 private:
  void read() {
    socket_.async_read_some(asio::buffer(chunk_),
                            [self = shared_from_this()](std::error_code error, std::size_t size) {
                              if (!error) self->received(size);
                            });
  }

  void received(std::size_t size) {
    if (options_.mode == Mode::hang) return read();
    if (options_.mode == Mode::garbage) return answer_garbage();
    if (options_.mode == Mode::die) return;  // the connection ends with its last reference
    if (options_.mode == Mode::flood || options_.mode == Mode::drip) return begin_endless();
    buffer_.append(chunk_.data(), size);
    next();
  }

  void next() {
    const Frame frame = find_frame(buffer_);
    if (frame.state == Frame::State::incomplete) return read();
    if (frame.state == Frame::State::broken) return;
    Answer answer = answers_.answer(frame.head, frame.body);
    buffer_.erase(0, frame.size());
    output_ = std::move(answer.http);
    if (answer.delay.count() == 0) return write();
    timer_.expires_after(answer.delay);
    timer_.async_wait([self = shared_from_this()](std::error_code) { self->write(); });
  }

  /// Tries at once: a short answer always fits into the socket, and the loop is spared a turn.
  void write() {
    std::error_code error;
    const auto size = socket_.write_some(asio::buffer(output_), error);
    if (error && error != asio::error::would_block) return;
    if (size == output_.size()) return next_after_write();
    asio::async_write(socket_, asio::buffer(output_.data() + size, output_.size() - size),
                      [self = shared_from_this()](std::error_code failed, std::size_t) {
                        if (!failed) self->next_after_write();
                      });
  }

  void next_after_write() {
    if (buffer_.empty()) return read();
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->next(); });
  }

  void answer_garbage() {
    static thread_local std::size_t turn = 0;
    output_ = garbage.at(turn++ % garbage.size());
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](std::error_code, std::size_t) {});
  }

  void begin_endless() {
    output_ = endless_head;
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](std::error_code error, std::size_t) {
                        if (!error) self->go_on_endlessly();
                      });
  }

  /// One event after the other as fast as they are taken, or one byte of one event now and then.
  void go_on_endlessly() {
    if (options_.mode == Mode::flood) return write_more(": flood\n\ndata: {}\n\n");
    timer_.expires_after(drip_pause);
    timer_.async_wait([self = shared_from_this()](std::error_code) { self->write_more(":"); });
  }

  void write_more(std::string_view text) {
    output_ = text;
    while (options_.mode == Mode::flood && output_.size() < chunk_.size()) output_.append(text);
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](std::error_code error, std::size_t) {
                        if (!error) self->go_on_endlessly();
                      });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  const Options& options_;
  const Answers& answers_;
  std::array<char, 16 * 1024> chunk_;
  std::string buffer_;
  std::string output_;
};

/// Accepts on the first loop and hands connections out in turn: SO_REUSEPORT spreads few of them
/// unevenly.
class Listener {
 public:
  explicit Listener(const Options& options)
      : options_(options), answers_(options.character), loops_(options.threads) {
    acceptor_ = std::make_unique<tcp::acceptor>(
        loops_.front(), tcp::endpoint(asio::ip::address_v4::loopback(), options.port));
  }

  std::uint16_t port() const { return acceptor_->local_endpoint().port(); }

  void run() {
    accept();
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < loops_.size(); ++i) others.emplace_back([this, i] { serve(i); });
    serve(0);
  }

 private:
  void serve(std::size_t index) {
    const auto work = asio::make_work_guard(loops_[index]);
    loops_[index].run();
  }

  void accept() {
    auto& loop = loops_[turn_++ % loops_.size()];
    acceptor_->async_accept(loop, [this, &loop](std::error_code error, tcp::socket socket) {
      if (!error) {
        auto connection = std::make_shared<Connection>(std::move(socket), options_, answers_);
        asio::post(loop, [connection] { connection->start(); });
      }
      accept();
    });
  }

  Options options_;
  Answers answers_;
  std::vector<asio::io_context> loops_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::size_t turn_ = 0;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  int delay_ms = 0;
  CLI::App app("A fast MCP server on 127.0.0.1 for measurements");
  app.add_option("--port", options.port, "0: a free one, which is printed");
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 2));
  app.add_option("--tools", options.character.dummy_tools, "tools besides `echo`")
      ->check(CLI::Range(0, 100'000));
  auto* delay = app.add_option("--delay-ms", delay_ms, "adds a tool `slow` that takes this long")
                    ->check(CLI::Range(0, 3'600'000));
  app.add_flag("--legacy", options.character.legacy, "speak 2025-11-25 instead of 2026-07-28");
  app.add_option("--mode", options.mode, "what becomes of a request: answer, hang, garbage, flood, drip or die")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, bench::Mode>{{"answer", bench::Mode::answer},
                                             {"hang", bench::Mode::hang},
                                             {"garbage", bench::Mode::garbage},
                                             {"flood", bench::Mode::flood},
                                             {"drip", bench::Mode::drip},
                                             {"die", bench::Mode::die}}));
  CLI11_PARSE(app, argc, argv);
  if (delay->count() > 0) options.character.delay = std::chrono::milliseconds(delay_ms);

  bench::Listener listener(options);
  std::printf("listening on http://127.0.0.1:%d/mcp\n", listener.port());
  std::fflush(stdout);
  listener.run();
}
