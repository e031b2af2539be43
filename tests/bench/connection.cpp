#include "tests/bench/connection.h"

#include "tests/bench/message.h"

namespace bench {
namespace {

constexpr std::size_t id_digits = 10;
constexpr auto reconnect_pause = std::chrono::milliseconds(10);

std::string message_of(std::uint64_t id) { return "call " + std::to_string(id); }

}  // namespace

CallTemplate::CallTemplate(const Target& target) {
  const std::string body_before_id = R"({"jsonrpc":"2.0","id":)";
  const std::string body_after_id =
      R"(,"method":"tools/call","params":{"name":)" + json_text(target.tool) +
      R"(,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
      R"("io.modelcontextprotocol/clientCapabilities":{},)"
      R"("io.modelcontextprotocol/clientInfo":{"name":"bench-load","version":"1.0.0"}},)"
      R"("arguments":{"message":"call )";
  after_message_ = R"("}}})";
  const auto length =
      body_before_id.size() + body_after_id.size() + after_message_.size() + 2 * id_digits;
  before_id_ = "POST " + target.path + " HTTP/1.1\r\nHost: " + target.host + ":" + target.port +
               "\r\nAccept: application/json, text/event-stream\r\n"
               "Content-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\n"
               "Mcp-Method: tools/call\r\nMcp-Name: " +
               target.tool + "\r\n" +
               (target.key.empty() ? "" : "Authorization: Bearer " + target.key + "\r\n") +
               "Content-Length: " + std::to_string(length) + "\r\n\r\n" + body_before_id;
  after_id_ = body_after_id;
}

std::string CallTemplate::render(std::uint64_t id) const {
  const auto digits = std::to_string(id);
  return before_id_ + digits + after_id_ + digits + after_message_;
}

Connection::Connection(asio::io_context& loop, asio::ip::tcp::endpoint endpoint,
                       const CallTemplate& calls, Done done)
    : endpoint_(std::move(endpoint)),
      socket_(loop),
      pause_(loop),
      calls_(calls),
      done_(std::move(done)) {}

void Connection::open() {
  socket_ = asio::ip::tcp::socket(socket_.get_executor());
  socket_.connect(endpoint_);
  socket_.set_option(asio::ip::tcp::no_delay(true));
  socket_.non_blocking(true);
  buffer_.clear();
}

void Connection::send(std::uint64_t id, Clock::time_point intended) {
  id_ = id;
  intended_ = intended;
  const auto call = calls_.render(id);
  std::error_code error;
  // A call is far smaller than a socket's buffer, and nothing else is in flight: a partial write is
  // a failure.
  const auto size = socket_.write_some(asio::buffer(call), error);
  if (!error && size == call.size()) return read();
  asio::post(socket_.get_executor(), [this] { finish("the call could not be sent", true); });
}

void Connection::read() {
  socket_.async_read_some(asio::buffer(chunk_), [this](std::error_code error, std::size_t size) {
    if (error) return finish("connection lost: " + error.message(), true);
    received(size);
  });
}

void Connection::received(std::size_t size) {
  buffer_.append(chunk_.data(), size);
  const Frame frame = find_frame(buffer_);
  if (frame.state == Frame::State::incomplete) return read();
  if (frame.state == Frame::State::broken) return finish("unreadable HTTP", true);
  std::string wrong = judge(frame);
  if (wrong.empty() && frame.size() < buffer_.size()) wrong = "bytes after the answer";
  const bool close = frame.close || !wrong.empty();
  buffer_.clear();
  finish(wrong, close);
}

std::string Connection::judge(const Frame& frame) const {
  const auto start = [&] { return ": " + std::string(frame.body.substr(0, 200)); };
  const int status = status_of(frame.head);
  if (status != 200) return "HTTP status " + std::to_string(status) + start();
  const auto answer = read_message(frame.body);
  if (!answer) return "not JSON" + start();
  if (answer->failed) return "the call failed" + start();
  if (answer->id != std::to_string(id_)) return "another id" + start();
  if (answer->text != message_of(id_)) return "another text" + start();
  return {};
}

void Connection::finish(const std::string& wrong, bool reopen) {
  if (!reopen) return done_(*this, intended_, wrong);
  pause_.expires_after(reconnect_pause);
  pause_.async_wait([this, wrong](std::error_code) {
    open();
    done_(*this, intended_, wrong);
  });
}

}  // namespace bench
