#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "tools/schema/evaluated.h"
#include "tools/schema/meter.h"
#include "tools/schema/node.h"
#include "tools/schema/schema.h"

namespace tools::schema {

/// The way from the root of an instance to one value in it, as a list on the stack.
struct Path {
  const Path* parent = nullptr;
  const std::string* name = nullptr;  // null for an item
  std::size_t item = 0;

  std::string pointer() const;
};

/// The way through the schema to what is being checked, as a list on the stack: one link per
/// keyword that applied a subschema.
struct Trail {
  const Trail* outer = nullptr;
  std::string_view keyword;
  std::string_view name;  // the member of the keyword's value; a null view when it has none
  std::optional<std::size_t> index;
  const Path* instance = nullptr;  // to which the keyword was applied
};

/// Whether a string is decided by the node's own type, values and string keywords.
bool decided_by_text(const Node& node);

/// One validation. Without a list for violations it only decides, stops at the first failure and
/// allocates nothing for simple schemas; with one it goes on and tells.
class Validator {
 public:
  explicit Validator(const ValidateLimits& limits, std::vector<Violation>* violations = nullptr)
      : limits_(limits), meter_(limits.steps), violations_(violations) {}

  /// Adds to each violation where in the schema it was found, and tells those of all branches.
  void locate_in(const Program& program) { program_ = &program; }

  bool run(const Node& root, const base::Json& instance);

  Exhausted exhausted() const { return meter_.exhausted(); }

 private:
  // The resources that were entered, innermost first (Core §7.1).
  struct Scope {
    const Resource* resource = nullptr;
    const Scope* outer = nullptr;
  };

  // While it lives, what is checked was applied by a keyword. Costs a test where no locations are
  // wanted.
  class Along {
   public:
    Along(Validator& validator, std::string_view keyword, const Path& at)
        : Along(validator, Trail{nullptr, keyword, {}, {}, &at}) {}
    Along(Validator& validator, std::string_view keyword, std::string_view name, const Path& at)
        : Along(validator, Trail{nullptr, keyword, name, {}, &at}) {}
    Along(Validator& validator, std::string_view keyword, std::size_t index, const Path& at)
        : Along(validator, Trail{nullptr, keyword, {}, index, &at}) {}
    Along(const Along&) = delete;
    Along& operator=(const Along&) = delete;
    ~Along() {
      if (validator_.program_ != nullptr) validator_.trail_ = link_.outer;
    }

    Along(Validator& validator, const Trail& link) : validator_(validator) {
      if (validator.program_ == nullptr) return;
      link_ = link;
      validator.enter(link_);
    }

   private:
    Validator& validator_;
    Trail link_;
  };

  bool check(const Node& node, const base::Json& instance, const Path& path, Evaluated* evaluated);
  bool check_node(const Node& node, const base::Json& instance, const Path& path,
                  Evaluated* evaluated);
  bool check_in_scope(const Node& node, const base::Json& instance, const Path& path,
                      Evaluated* evaluated);
  bool check_rules(const Node& node, const base::Json& instance, const Path& path,
                   Evaluated* evaluated);
  bool check_with_unevaluated(const Node& node, const base::Json& instance, const Path& path,
                              Evaluated* evaluated);
  bool check_keywords(const Node& node, const base::Json& instance, const Path& path,
                      Evaluated* evaluated);
  // A value inside the instance: references start to count anew.
  bool descend(const Node& node, const base::Json& value, const Path& path);

  bool check_type(const Node& node, const base::Json& instance, const Path& path);
  bool check_values(const Values& values, std::string_view keyword, const base::Json& instance,
                    const Path& path);
  bool check_number(const NumberRules& rules, const base::Json& instance, const Path& path);
  // A string, for a schema that looks at nothing else. Only decides; makes no Json of it.
  bool check_text(const Node& node, const std::string& text);
  bool check_string(const StringRules& rules, const std::string& text, const Path& path);

  bool check_array(const ArrayRules& rules, const base::Json& instance, const Path& path,
                   Evaluated* evaluated);
  bool check_items(const ArrayRules& rules, const base::Json::array_t& items, const Path& path,
                   Evaluated* evaluated);
  bool check_contains(const ArrayRules& rules, const base::Json::array_t& items, const Path& path,
                      Evaluated* evaluated);
  bool check_unevaluated_items(const Node& schema, const base::Json& instance, const Path& path,
                               const Evaluated& evaluated);

  bool check_object(const ObjectRules& rules, const base::Json& instance, const Path& path,
                    Evaluated* evaluated);
  bool check_members(const ObjectRules& rules, const base::Json::object_t& members,
                     const Path& path, Evaluated* evaluated, class Presence& present);
  bool check_member(const ObjectRules& rules, const Property* property,
                    const base::Json::object_t::value_type& member, const Path& path, bool& known);
  bool check_additional(const ObjectRules& rules, const base::Json::object_t::value_type& member,
                        const Path& path);
  bool check_name(const Node& schema, const std::string& name, const Path& path);
  bool check_present(const ObjectRules& rules, const base::Json& instance, const Path& path,
                     Evaluated* evaluated, const Presence& present);
  bool check_unevaluated_members(const Node& schema, const base::Json& instance, const Path& path,
                                 const Evaluated& evaluated);

  bool check_in_place(const InPlace& rules, const base::Json& instance, const Path& path,
                      Evaluated* evaluated);
  bool follow(const char* keyword, const Node& target, const base::Json& instance, const Path& path,
              Evaluated* evaluated);
  // Records that every branch of a choice failed. Always false.
  bool tell(class Closest closest, std::string_view keyword, const base::Json& instance);
  const Node& dynamic_target(const InPlace& rules);
  bool check_any_of(const InPlace& rules, const base::Json& instance, const Path& path,
                    Evaluated* evaluated);
  bool check_one_of(const InPlace& rules, const base::Json& instance, const Path& path,
                    Evaluated* evaluated);
  bool check_condition(const InPlace& rules, const base::Json& instance, const Path& path,
                       Evaluated* evaluated);
  // One of several possibilities: its violations go `into` and its evaluations count only if it
  // holds.
  bool attempt(const Node& node, const base::Json& instance, const Path& path, Evaluated* evaluated,
               std::vector<Violation>* into);

  // Records a violation, when they are wanted. `words` returns {expected, found}. Always false.
  template <class Words>
  bool fail(const Path& path, std::string_view keyword, const Words& words) {
    if (violations_ == nullptr || full() || !meter_.charge(words_steps)) return false;
    auto [expected, found] = words();
    violations_->push_back(
        {path.pointer(), std::string(keyword), std::move(expected), std::move(found)});
    if (program_ != nullptr) violations_->back().location = locate(keyword);
    return false;
  }

  void enter(Trail& link);
  Location locate(std::string_view keyword) const;

  bool full() const { return violations_->size() >= limits_.violations; }
  // Whether, after a failure, there is a point in going on.
  bool done() const { return violations_ == nullptr || full() || !meter_; }

  // Words cost far more than the check that failed; branches of `anyOf` may fail very often.
  static constexpr std::size_t words_steps = 20;

  const ValidateLimits& limits_;
  Meter meter_;
  std::vector<Violation>* violations_;
  const Program* program_ = nullptr;  // set when locations are wanted
  const Trail* trail_ = nullptr;
  const Node* node_ = nullptr;  // being checked, when locations are wanted
  const Scope* scope_ = nullptr;
  std::size_t hops_ = 0;   // references followed since the last descent
  std::size_t depth_ = 0;  // of our own recursion
};

}  // namespace tools::schema
