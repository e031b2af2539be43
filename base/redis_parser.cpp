#include "base/redis_parser.h"

#include <memory>
#include <new>

#include <hiredis/hiredis.h>

namespace base {
namespace {

// hiredis makes room for as many elements as a list announces, before the first has come.
constexpr std::size_t most_elements = 1'000'000;

const redisReplyObjectFunctions& usual_functions() {
  static const redisReplyObjectFunctions functions = [] {
    const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(),
                                                                      redisReaderFree);
    if (!reader) throw std::bad_alloc();
    return *reader->fn;
  }();
  return functions;
}

// How a count is written differs between versions of hiredis.
template <class Count>
void* create_bounded_array(const redisReadTask* task, Count elements) {
  if (static_cast<std::size_t>(elements) > most_elements) return nullptr;
  return usual_functions().createArray(task, elements);
}

redisReplyObjectFunctions* bounded_functions() {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions bounded = usual_functions();
    bounded.createArray = create_bounded_array;
    return bounded;
  }();
  return &functions;
}

// hiredis bounds the depth of lists itself (seven levels).
RedisReply copy(const redisReply& reply) {
  RedisReply copied;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      copied.type = RedisReply::Type::integer;
      copied.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      copied.type =
          reply.type == REDIS_REPLY_ERROR ? RedisReply::Type::error : RedisReply::Type::text;
      copied.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      copied.type = RedisReply::Type::list;
      for (std::size_t at = 0; at < reply.elements; ++at) {
        copied.list.push_back(copy(*reply.element[at]));
      }
      break;
    default:
      break;
  }
  return copied;
}

}  // namespace

void RedisParser::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisParser::RedisParser() : reader_(redisReaderCreate()) {
  if (!reader_) throw std::bad_alloc();
  reader_->fn = bounded_functions();
}

void RedisParser::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Result<std::optional<RedisReply>> RedisParser::next() {
  void* found = nullptr;
  if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
    return Error{Code::broken, "Redis answered with what is no reply.", reader_->errstr};
  }
  if (found == nullptr) return std::optional<RedisReply>();
  auto* reply = static_cast<redisReply*>(found);
  std::optional<RedisReply> copied = copy(*reply);
  freeReplyObject(reply);
  return copied;
}

}  // namespace base
