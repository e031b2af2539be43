#include "tests/bench/message.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace bench {
namespace {

using nlohmann::json;

/// Follows the parser with the path of member names; elements of an array have the path of the
/// array.
class Reader final : public nlohmann::json_sax<json> {
 public:
  Message message;

  bool null() override { return true; }
  bool boolean(bool value) override {
    if (value && path_ == "/result/isError") message.failed = true;
    return true;
  }
  bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return number(text); }
  bool string(string_t& value) override {
    if (path_ == "/id") message.id = json_text(value);
    if (path_ == "/method") message.method = value;
    if (path_ == "/params/name") message.name = value;
    if (path_ == "/params/arguments/message") message.message = value;
    if (path_ == "/params/protocolVersion") message.version = value;
    if (path_ == "/result/content/text") message.text = value;
    return true;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    if (path_ == "/error") message.failed = true;
    marks_.push_back(path_.size());
    return true;
  }
  bool key(string_t& name) override {
    path_.resize(marks_.back());
    path_ += '/';
    path_ += name;
    return true;
  }
  bool end_object() override {
    path_.resize(marks_.back());
    marks_.pop_back();
    return true;
  }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return false;
  }

 private:
  bool number(const std::string& text) {
    if (path_ == "/id") message.id = text;
    return true;
  }

  std::string path_;
  std::vector<std::size_t> marks_;  ///< length of the path at each open object
};

bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

std::optional<Message> read_message(std::string_view text) {
  Reader reader;
  if (!json::sax_parse(text.begin(), text.end(), &reader)) return {};
  return std::move(reader.message);
}

std::string json_text(const std::string& text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return '"' + text + '"';
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace bench
