// The standard output formats: Core §12.4.
#include <list>
#include <utility>

#include "tools/schema/schema.h"
#include "tools/schema/validator.h"

namespace tools::schema {
namespace {

using base::Json;

// `false` is a schema, no keyword: its location is the schema's.
bool is_keyword(std::string_view name) { return name != "false"; }

std::string keyword_location(const Violation& violation) {
  std::string text;
  for (const auto& [token, bytes] : violation.location.trail) text += token;
  if (is_keyword(violation.keyword)) base::append_pointer(text, violation.keyword);
  return text;
}

Json unit(const Violation& violation) {
  Json error = {{"valid", false}, {"keywordLocation", keyword_location(violation)}};
  if (!violation.location.absolute.empty())
    error["absoluteKeywordLocation"] = violation.location.absolute;
  error["instanceLocation"] = violation.instance;
  error["error"] = "expected " + violation.expected + ", found " + violation.found;
  return error;
}

// The violations below one keyword or subschema.
struct Branch {
  std::string token;
  std::string instance;
  std::list<Branch> branches;
  std::vector<const Violation*> violations;

  Branch& below(const std::string& next, std::string at) {
    for (Branch& branch : branches)
      if (branch.token == next) return branch;
    return branches.emplace_back(Branch{next, std::move(at), {}, {}});
  }

  void add(const Violation& violation) {
    Branch* branch = this;
    for (const auto& [next, bytes] : violation.location.trail)
      branch = &branch->below(next, violation.instance.substr(0, bytes));
    branch->violations.push_back(&violation);
  }

  // A branch with one child is replaced by it (§12.4.3).
  Json detailed(const std::string& outer) const {
    const std::string location = outer + token;
    Json errors = Json::array();
    for (const Violation* violation : violations) errors.push_back(unit(*violation));
    for (const Branch& branch : branches) errors.push_back(branch.detailed(location));
    if (errors.size() == 1) return std::move(errors[0]);
    return {{"valid", false},
            {"keywordLocation", location},
            {"instanceLocation", instance},
            {"errors", std::move(errors)}};
  }
};

}  // namespace

// Not inlined: g++ 12 takes what Along undoes for a dangling pointer.
[[gnu::noinline]] void Validator::enter(Trail& link) { link.outer = std::exchange(trail_, &link); }

Location Validator::locate(std::string_view keyword) const {
  Location location;
  std::vector<const Trail*> links;
  for (const Trail* link = trail_; link != nullptr; link = link->outer) links.push_back(link);
  for (auto link = links.rbegin(); link != links.rend(); ++link) {
    const std::size_t bytes = (*link)->instance->pointer().size();
    std::string token;
    base::append_pointer(token, (*link)->keyword);
    location.trail.emplace_back(std::move(token), bytes);
    if ((*link)->name.data() == nullptr && !(*link)->index) continue;
    std::string member;
    base::append_pointer(member, (*link)->index ? std::to_string(*(*link)->index) : (*link)->name);
    const auto next = link + 1;
    const bool last = next == links.rend();
    location.trail.emplace_back(std::move(member),
                                last ? std::string::npos : (*next)->instance->pointer().size());
  }
  const Program::Site& site = program_->sites[node_->id];
  if (site.resource->uri.empty()) return location;
  location.absolute = site.resource->uri + "#" + site.pointer.substr(site.resource->pointer.size());
  if (is_keyword(keyword)) base::append_pointer(location.absolute, keyword);
  return location;
}

Json Schema::output(const Json& instance, OutputFormat format, const ValidateLimits& limits) const {
  if (format == OutputFormat::flag) return {{"valid", decide(instance, limits) == Verdict::valid}};
  const std::vector<Violation> violations = explain(instance, limits, true);
  if (violations.empty()) return {{"valid", true}};
  if (format == OutputFormat::basic) {
    Json errors = Json::array();
    for (const Violation& violation : violations) errors.push_back(unit(violation));
    return {{"valid", false}, {"errors", std::move(errors)}};
  }
  Branch root;
  for (const Violation& violation : violations) root.add(violation);
  return root.detailed("");
}

}  // namespace tools::schema
