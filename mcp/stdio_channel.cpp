#include "mcp/stdio_channel.h"

#include <algorithm>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>

#include "mcp/messages.h"
#include "mcp/notifications.h"

namespace mcp {
namespace {

using base::Code;
using base::Error;

constexpr std::size_t piece = 64 << 10;
constexpr std::size_t longest_error_line = 2 << 10;
constexpr std::size_t most_outbox = 16 << 20;
constexpr std::size_t envelope = 1 << 10;   // of a result, beside the result itself
// How long the child's end is waited for after its output ended, and its output after its end: a
// descendant may hold either open.
constexpr std::chrono::milliseconds exit_patience{500};
constexpr std::chrono::milliseconds output_patience{4000};

Error unavailable(std::string text) { return {Code::unavailable, std::move(text), {}}; }

void close_pipe(std::optional<asio::posix::basic_stream_descriptor<base::Executor>>& pipe) {
  std::error_code ignored;
  if (pipe) pipe->close(ignored);
}

}  // namespace

StdioChannel::StdioChannel(base::Loop& home, Settings settings)
    : home_(home),
      settings_(std::move(settings)),
      lines_(settings_.limits.result + envelope),
      report_(settings_.server, settings_.hidden, settings_.log),
      exit_timer_(home.io()) {}

base::Task<base::Result<std::shared_ptr<StdioChannel>>> StdioChannel::open(
    base::Loop& home, base::ProcessKeeper& keeper, base::ChildCommand command, Settings settings) {
  const std::shared_ptr<StdioChannel> channel(new StdioChannel(home, std::move(settings)));
  base::ProcessKeeper::OnExit on_exit = [channel](std::optional<int> status) {
    asio::post(channel->home_.io(), [channel, status] { channel->note_exit(status); });
  };
  auto child = co_await keeper.start(std::move(command), std::move(on_exit));
  if (!child) co_return child.error();
  channel->adopt(std::move(*child));
  co_return channel;
}

void StdioChannel::adopt(base::Child child) {
  input_.emplace(home_.executor(), child.input.release());
  output_.emplace(home_.executor(), child.output.release());
  errors_.emplace(home_.executor(), child.errors.release());
  child_.emplace(std::move(child));
  home_.spawn(read(shared_from_this()));
  home_.spawn(read_errors(shared_from_this()));
}

base::Status StdioChannel::send(std::int64_t id, std::string body,
                                std::shared_ptr<StdioAnswer> answer) {
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return unavailable(closed_because_);
    waiting_[id] = std::move(answer);
  }
  auto sent = enqueue({id, std::move(body)});
  if (!sent) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(id);
  }
  return sent;
}

base::Status StdioChannel::send(std::string body) {
  return enqueue({std::nullopt, std::move(body)});
}

base::Status StdioChannel::enqueue(Outgoing outgoing) {
  outgoing.line.push_back('\n');
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return unavailable(closed_because_);
    if (outbox_bytes_ + outgoing.line.size() > most_outbox) {
      return unavailable("it does not read what it is sent");
    }
    outbox_bytes_ += outgoing.line.size();
    outbox_.push_back(std::move(outgoing));
    if (std::exchange(writing_, true)) return {};
  }
  home_.spawn(write(shared_from_this()));  // on its own loop this runs at once
  return {};
}

// Takes the next line out of the outbox as soon as its first byte may leave: what still stands
// there has certainly not been sent.
base::Task<void> StdioChannel::write(std::shared_ptr<StdioChannel>) {
  base::Deadline ending(home_.watchdog(), [this] { close("the gateway is stopping"); });
  while (true) {
    std::string line;
    {
      const std::lock_guard lock(mutex_);
      if (outbox_.empty()) {
        writing_ = false;
        co_return;
      }
      line = std::move(outbox_.front().line);
      outbox_.pop_front();
      outbox_bytes_ -= line.size();
    }
    std::error_code error;
    co_await asio::async_write(*input_, asio::buffer(line),
                               asio::redirect_error(base::use_task, error));
    // It ended, or is as good as ended; read() says which.
    if (error) co_return end_child();
  }
}

base::Task<void> StdioChannel::read(std::shared_ptr<StdioChannel>) {
  base::Deadline ending(home_.watchdog(), [this] {
    close("the gateway is stopping");
    close_pipe(output_);
  });
  std::string bytes(piece, '\0');
  std::error_code error;
  while (!error) {
    const std::size_t count = co_await output_->async_read_some(
        asio::buffer(bytes), asio::redirect_error(base::use_task, error));
    lines_.feed(std::string_view(bytes).substr(0, count));
    while (auto line = lines_.next()) handle(std::move(*line));
  }
  if (auto rest = lines_.rest()) report_.garbage(rest->text, "a line without its end");
  if (!exited_ && !home_.ending()) co_await wait_for_exit();
  close_pipe(output_);
  close_pipe(errors_);
  const std::string reason = describe_end();
  fail_all(reason);
  end_child();
  if (settings_.on_end) settings_.on_end(reason);
}

base::Task<void> StdioChannel::wait_for_exit() {
  base::Deadline ending(home_.watchdog(), [this] { exit_timer_.cancel(); });
  std::error_code ignored;
  exit_timer_.expires_after(exit_patience);
  co_await exit_timer_.async_wait(asio::redirect_error(base::use_task, ignored));
}

void StdioChannel::note_exit(std::optional<int> status) {
  exited_ = true;
  exit_status_ = status;
  exit_timer_.cancel();
  if (!output_ || !output_->is_open()) return;
  // The keeper now ends what is left of its group; what left the group may keep the pipe open.
  exit_timer_.expires_after(output_patience);
  exit_timer_.async_wait([self = shared_from_this()](const std::error_code& error) {
    if (!error) close_pipe(self->output_);
  });
}

base::Task<void> StdioChannel::read_errors(std::shared_ptr<StdioChannel>) {
  base::Deadline ending(home_.watchdog(), [this] { close_pipe(errors_); });
  base::LineReader lines(longest_error_line);
  std::string bytes(piece, '\0');
  std::error_code error;
  while (!error) {
    const std::size_t count = co_await errors_->async_read_some(
        asio::buffer(bytes), asio::redirect_error(base::use_task, error));
    lines.feed(std::string_view(bytes).substr(0, count));
    while (auto line = lines.next()) report_.said(line->text);
  }
}

void StdioChannel::handle(base::Line line) {
  if (line.cut) {
    report_.garbage(line.text, "a line that is too long");
    return fail(std::nullopt, {Code::limit, "its answer is longer than allowed", {}});
  }
  if (line.text.find_first_not_of(" \t") == std::string::npos) return;
  auto limits = settings_.limits.json;
  limits.string = settings_.limits.result;
  auto parsed = base::parse_json(line.text, limits);
  if (!parsed) {
    report_.garbage(line.text, "no JSON");
    // A stray line of text is no answer; JSON beyond the bounds is one.
    if (parsed.error().code == Code::limit) fail(std::nullopt, parsed.error());
    return;
  }
  auto message = parse_message(std::move(parsed->value));
  if (!message) {
    report_.garbage(line.text, "no JSON-RPC message");
    const auto id = readable_id(parsed->value);
    const auto* number = id ? std::get_if<std::int64_t>(&*id) : nullptr;
    if (number) {
      fail(*number, {Code::broken, "it answered with something other than JSON-RPC",
                     message.error().message});
    }
    return;
  }
  if (auto* response = std::get_if<Response>(&*message)) {
    handle_response(std::move(*response), line.text.size());
  } else if (auto* notification = std::get_if<Notification>(&*message)) {
    handle_notification(std::move(*notification), line.text.size());
  } else {
    note_life();
    handle_request(std::get<Request>(*message));
  }
}

void StdioChannel::note_life() {
  const std::lock_guard lock(mutex_);
  last_sign_of_life_ = std::chrono::steady_clock::now();
}

// Ids are ours and different for all callers, so that a token says whose progress it is.
void StdioChannel::handle_notification(Notification notification, std::size_t bytes) {
  if (says_offers_changed(notification) && settings_.on_offers_changed) {
    settings_.on_offers_changed();
  }
  if (notification.method != notice::progress) return note_life();
  const auto token = progress_token(notification.params);
  const auto* id = token ? std::get_if<std::int64_t>(&*token) : nullptr;
  if (id == nullptr) return;
  std::shared_ptr<StdioAnswer> answer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(*id);
    if (found == waiting_.end()) return;
    answer = found->second;
  }
  StdioAnswer::add(answer, std::move(notification), bytes);
}

// Ends the request that was answered wrongly. Without an id it cannot be known which that is,
// unless only one is waited for.
void StdioChannel::fail(std::optional<std::int64_t> id, Error error) {
  std::shared_ptr<StdioAnswer> answer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = id ? waiting_.find(*id) : waiting_.begin();
    const bool known = found != waiting_.end() && (id || waiting_.size() == 1);
    if (known) answer = std::move(waiting_.extract(found).mapped());
  }
  if (answer) StdioAnswer::give(answer, std::move(error), 0);
}

void StdioChannel::handle_response(Response response, std::size_t bytes) {
  const auto* id = response.id ? std::get_if<std::int64_t>(&*response.id) : nullptr;
  if (id == nullptr) return;
  std::shared_ptr<StdioAnswer> answer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(*id);
    if (found == waiting_.end()) return;  // cancelled, or never asked
    answer = std::move(found->second);
    waiting_.erase(found);
  }
  StdioAnswer::give(answer, Message(std::move(response)), bytes);
}

void StdioChannel::handle_request(const Request& request) {
  if (auto sent = send(unserved_text(request)); !sent) close("it asks without reading the answers");
}

bool StdioChannel::cancel(std::int64_t id, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.erase(id) == 0) return true;  // answered meanwhile
    const auto unsent = std::find_if(outbox_.begin(), outbox_.end(),
                                     [&](const Outgoing& entry) { return entry.id == id; });
    if (unsent != outbox_.end()) {
      outbox_bytes_ -= unsent->line.size();
      outbox_.erase(unsent);
      return false;
    }
  }
  // When it does not fit, or the child is gone, there is nobody to tell.
  (void)send(cancelled_text(id, reason));
  return true;
}

void StdioChannel::close(std::string reason) {
  fail_all(reason);
  asio::post(home_.io(), [self = shared_from_this()] { self->end_child(); });
}

void StdioChannel::end_child() {
  close_pipe(input_);
  if (child_) child_->end();
}

void StdioChannel::fail_all(const std::string& reason) {
  std::map<std::int64_t, std::shared_ptr<StdioAnswer>> waiting;
  std::vector<std::int64_t> unsent;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(open_, false)) return;
    closed_because_ = reason;
    waiting.swap(waiting_);
    for (const Outgoing& entry : outbox_) {
      if (entry.id) unsent.push_back(*entry.id);
    }
    outbox_.clear();
    outbox_bytes_ = 0;
  }
  for (const auto& [id, answer] : waiting) {
    const bool sent = std::find(unsent.begin(), unsent.end(), id) == unsent.end();
    StdioAnswer::give(answer, Error{sent ? Code::broken : Code::unavailable, reason, {}}, 0);
  }
}

bool StdioChannel::is_open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::size_t StdioChannel::pending() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

base::SteadyTime StdioChannel::last_sign_of_life() const {
  const std::lock_guard lock(mutex_);
  return last_sign_of_life_;
}

std::string StdioChannel::describe_end() const {
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return closed_because_;
  }
  std::string text = "it closed its standard output";
  if (exit_status_) text = "it ended with " + base::describe_exit(*exit_status_);
  const std::string last_words = report_.last_words();
  if (!last_words.empty()) text += "; it said: " + last_words;
  return text;
}

}  // namespace mcp
