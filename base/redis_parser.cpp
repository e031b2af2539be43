#include "base/redis_parser.h"

#include <new>

#include <hiredis/hiredis.h>

namespace base {
namespace {

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
