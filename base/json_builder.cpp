#include "base/json_builder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/number_text.h"

namespace base {
namespace {

// Up to this many members, comparing all pairs is cheaper than sorting.
constexpr std::size_t few_members = 16;

// Members hold a const key, so std::vector would copy them, values and all, when it grows.
void make_room(Json::object_t& object) {
  if (object.size() < object.capacity()) return;
  Json::object_t larger;
  larger.reserve(std::max<std::size_t>(4, 2 * object.size()));
  for (auto& [name, value] : object) larger.emplace_back(name, std::move(value));
  object.swap(larger);
}

// Sorting, not hashing: chosen keys can make a hash table quadratic.
bool has_duplicate(const Json::object_t& object) {
  if (object.size() <= few_members) {
    for (auto a = object.begin(); a != object.end(); ++a) {
      for (auto b = object.begin(); b != a; ++b) {
        if (a->first == b->first) return true;
      }
    }
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(object.size());
  for (const auto& member : object) names.emplace_back(member.first);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

bool JsonBuilder::refuse(Code code, std::string message) {
  error_ = Error{code, std::move(message), {}};
  return false;
}

bool JsonBuilder::admit_value() {
  if (++values_ <= limits_.values) return true;
  return refuse(Code::limit,
                "The JSON holds more than " + std::to_string(limits_.values) + " values.");
}

bool JsonBuilder::admit_number(std::string_view text) {
  if (text.size() > limits_.number) {
    return refuse(Code::limit, "The JSON holds a number of more than " +
                                   std::to_string(limits_.number) + " characters.");
  }
  return admit_value();
}

// Where the next value stands; null until it is put there.
Json& JsonBuilder::next_place() {
  if (open_.empty()) return document_.value;
  Json& parent = *open_.back();
  if (auto* array = parent.get_ptr<Json::array_t*>()) return array->emplace_back();
  return parent.get_ref<Json::object_t&>().back().second;
}

bool JsonBuilder::open(Json::value_t container) {
  if (open_.size() >= limits_.depth) {
    return refuse(Code::limit, "The JSON is nested more than " + std::to_string(limits_.depth) +
                                   " levels deep.");
  }
  if (!admit_value()) return false;
  Json& place = next_place();
  place = container;
  open_.push_back(&place);
  return true;
}

bool JsonBuilder::null() {
  if (!admit_value()) return false;
  next_place();
  return true;
}

bool JsonBuilder::boolean(bool value) {
  if (!admit_value()) return false;
  next_place() = value;
  return true;
}

bool JsonBuilder::number_integer(std::int64_t value, std::string_view text) {
  if (!admit_number(text)) return false;
  next_place() = value;
  return true;
}

bool JsonBuilder::number_unsigned(std::uint64_t value, std::string_view text) {
  if (!admit_number(text)) return false;
  next_place() = value;
  return true;
}

bool JsonBuilder::number_float(double value, std::string_view text) {
  if (!admit_number(text)) return false;
  next_place() = value;
  if (is_integer_text(text) || !double_keeps(text, value)) note_inexact();
  return true;
}

void JsonBuilder::note_inexact() {
  if (inexact_is_sent_on_) return;
  inexact_is_sent_on_ = is_sent_on();
  if (document_.inexact && !inexact_is_sent_on_) return;
  document_.inexact = pointer_to_newest();
}

// Whether the newest value is part of what is sent on.
bool JsonBuilder::is_sent_on() const {
  if (open_.size() < sent_on_.size()) return false;
  auto container = open_.begin();
  return std::all_of(sent_on_.begin(), sent_on_.end(), [&](std::string_view name) {
    const auto* object = (*container++)->get_ptr<const Json::object_t*>();
    return object != nullptr && object->back().first == name;
  });
}

bool JsonBuilder::string(std::string_view value) {
  if (value.size() > limits_.string) {
    return refuse(Code::limit, "The JSON holds a string of more than " +
                                   std::to_string(limits_.string) + " bytes.");
  }
  if (!admit_value()) return false;
  next_place() = value;
  return true;
}

bool JsonBuilder::start_object() { return open(Json::value_t::object); }

bool JsonBuilder::key(std::string_view name) {
  if (name.size() > limits_.key) {
    return refuse(Code::limit, "The JSON holds a member name of more than " +
                                   std::to_string(limits_.key) + " bytes.");
  }
  auto& object = open_.back()->get_ref<Json::object_t&>();
  make_room(object);
  object.emplace_back(std::string(name), nullptr);
  return true;
}

bool JsonBuilder::end_object() {
  if (has_duplicate(open_.back()->get_ref<const Json::object_t&>())) {
    return refuse(Code::invalid, "An object in the JSON has two members of the same name.");
  }
  open_.pop_back();
  return true;
}

bool JsonBuilder::start_array() { return open(Json::value_t::array); }

bool JsonBuilder::end_array() {
  open_.pop_back();
  return true;
}

// Errors name the place and repeat nothing of the input.
bool JsonBuilder::malformed(std::size_t position) {
  return refuse(Code::invalid,
                "The text is not valid JSON at byte " + std::to_string(position) + ".");
}

bool JsonBuilder::too_large(std::size_t position) {
  return refuse(Code::limit, "The JSON holds a number that is too large for a double at byte " +
                                 std::to_string(position) + ".");
}

std::string JsonBuilder::pointer_to_newest() const {
  std::string pointer;
  for (const Json* container : open_) {
    if (container->is_array()) {
      append_pointer(pointer, std::to_string(container->size() - 1));
    } else {
      append_pointer(pointer, container->get_ref<const Json::object_t&>().back().first);
    }
  }
  return pointer;
}

}  // namespace base
