#include "tools/schema/compiler.h"

#include <algorithm>
#include <vector>

#include "tools/schema/index.h"
#include "tools/schema/keyword.h"

namespace tools::schema {
namespace {

using base::Json;
using base::Result;
using base::Status;

Status fill(Index& index, Patterns& patterns, const Place& place) {
  Node& node = *place.node;
  const auto* members = place.json->get_ptr<const Json::object_t*>();
  if (members == nullptr) {
    if (*place.json == false) node.types = 0;
    return {};
  }
  const bool bare_ref = place.is_bare_ref();
  for (const auto& [keyword, value] : *members) {
    if (bare_ref && keyword != "$ref") continue;
    const CompileKeyword compile = find_keyword(keyword, place.dialect);
    if (compile == nullptr) continue;
    if (auto done = compile({index, patterns, place, node, keyword}, value); !done) return done;
  }
  return {};
}

std::vector<const Node*> applied_in_place(const Node& node) {
  std::vector<const Node*> next;
  if (node.in_place != nullptr) {
    const InPlace& rules = *node.in_place;
    next = {rules.ref,       rules.static_ref, rules.negated,
            rules.condition, rules.then,       rules.otherwise};
    for (const auto* list : {&rules.all_of, &rules.any_of, &rules.one_of})
      next.insert(next.end(), list->begin(), list->end());
  }
  if (node.object != nullptr)
    for (const Dependents& dependents : node.object->dependents) next.push_back(dependents.schema);
  next.erase(std::remove(next.begin(), next.end(), nullptr), next.end());
  return next;
}

// Refuses schemas that apply themselves to the same instance again: validation would never end
// (Core §9.4.1). Walks without recursion. Where `$dynamicRef` leads is known only later; the bound
// on hops ends it.
Status refuse_loops(const std::deque<Place>& places) {
  enum class State : unsigned char { unseen, open, done };
  std::vector<State> states(places.size(), State::unseen);
  struct Visit {
    const Node* node;
    std::vector<const Node*> next;
  };
  for (const Place& place : places) {
    if (states[place.node->id] != State::unseen) continue;
    std::vector<Visit> path;
    const auto open = [&](const Node* node) {
      states[node->id] = State::open;
      path.push_back({node, applied_in_place(*node)});
    };
    open(place.node);
    while (!path.empty()) {
      Visit& top = path.back();
      if (top.next.empty()) {
        states[top.node->id] = State::done;
        path.pop_back();
        continue;
      }
      const Node* next = top.next.back();
      top.next.pop_back();
      if (states[next->id] == State::open)
        return places[next->id].error("this schema applies itself to the same value without end");
      if (states[next->id] == State::unseen) open(next);
    }
  }
  return {};
}

// Which resource a node belongs to matters to dynamic references only.
void track_resources(std::deque<Place>& places) {
  const bool dynamic = std::any_of(places.begin(), places.end(), [](const Place& place) {
    return place.node->in_place != nullptr && place.node->in_place->dynamic_ref != nullptr;
  });
  if (!dynamic) return;
  for (Place& place : places) {
    place.node->resource = place.resource;
    place.node->plain = false;
  }
}

}  // namespace

Result<std::shared_ptr<Program>> compile_program(const Json& document,
                                                 const CompileOptions& options) {
  auto program = std::make_shared<Program>();
  Index index(*program, options);
  if (auto done = index.add(document); !done) return done.error();
  Patterns patterns(options.limits.pattern);
  auto& places = index.places();
  for (std::size_t i = 0; i < places.size(); ++i)
    if (auto done = fill(index, patterns, places[i]); !done) return done.error();
  if (auto done = refuse_loops(places); !done) return done.error();
  track_resources(places);
  program->sites.reserve(places.size());
  for (Place& place : places) program->sites.push_back({place.resource, std::move(place.pointer)});
  return program;
}

}  // namespace tools::schema
