#pragma once

#include <string>
#include <string_view>

namespace policies {

/// Why a URI is refused whatever the rules say, or "". Rules match URIs as text, so that a URI counts
/// only in a form in which nothing else that a server may take for the same could be written:
/// RFC 3986 without `..`, without empty and `.` segments, nothing encoded that need not be, the
/// scheme and the host of a web address in lower case.
std::string_view uri_problem(std::string_view uri);

/// A URI template (RFC 6570) with each expression as one character that no rule can name: what only
/// a star of a pattern matches.
std::string template_text(std::string_view uri_template);

/// The same for a template as it is written: what its expressions will stand for is judged when it
/// is known.
std::string_view template_problem(std::string_view uri_template);

}  // namespace policies
