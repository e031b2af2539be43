#include "base/redis_arguments.h"

#include <charconv>
#include <utility>

#include "base/crypto.h"

namespace base {
namespace {

constexpr std::size_t longest_number = 20;

// `$5\r\n` or `*5\r\n`.
void append_length(std::string& out, char kind, std::size_t length) {
  char text[longest_number + 3];
  text[0] = kind;
  char* end = std::to_chars(text + 1, text + 1 + longest_number, length).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(text, static_cast<std::size_t>(end - text));
}

}  // namespace

RedisArguments::RedisArguments(std::initializer_list<std::string_view> arguments) {
  for (const std::string_view argument : arguments) add(argument);
}

RedisArguments& RedisArguments::add(std::string_view argument) {
  ++count_;
  append_length(bytes_, '$', argument.size());
  bytes_.append(argument).append("\r\n");
  return *this;
}

RedisArguments& RedisArguments::add(std::int64_t number) {
  char text[longest_number];
  const auto written = std::to_chars(text, text + sizeof text, number);
  return add(std::string_view(text, static_cast<std::size_t>(written.ptr - text)));
}

RedisArguments& RedisArguments::append(const RedisArguments& more) {
  count_ += more.count_;
  bytes_ += more.bytes_;
  return *this;
}

void append_redis_command(std::string& out, const RedisArguments& arguments,
                          const RedisArguments& rest) {
  append_length(out, '*', arguments.count() + rest.count());
  out.append(arguments.bytes()).append(rest.bytes());
}

RedisScript::RedisScript(std::string lua) : text(std::move(lua)), hash(sha1_hex(text)) {}

}  // namespace base
