#pragma once

#include <string_view>

namespace tools::schema {

/// A value of `format` that can be asserted (Validation §7.3).
struct Format {
  std::string_view name;
  bool (*matches)(std::string_view text);  ///< linear in the text, which is valid UTF-8
  std::string_view expected;               ///< in words
};

/// Null for a name that is not known: such a format stays an annotation.
const Format* find_format(std::string_view name);

/// By family: the table in format.cpp names them.
namespace format {
bool date(std::string_view);
bool time(std::string_view);
bool date_time(std::string_view);
bool duration(std::string_view);

bool ipv4(std::string_view);
bool ipv6(std::string_view);
bool hostname(std::string_view);
bool idn_hostname(std::string_view);
bool email(std::string_view);
bool idn_email(std::string_view);

bool uri(std::string_view);
bool uri_reference(std::string_view);
bool iri(std::string_view);
bool iri_reference(std::string_view);
bool uri_template(std::string_view);

bool uuid(std::string_view);
bool json_pointer(std::string_view);
bool relative_json_pointer(std::string_view);
bool regex(std::string_view);
}  // namespace format

}  // namespace tools::schema
