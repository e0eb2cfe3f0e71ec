#include "llm/tool_assembly.h"

#include <algorithm>

#include "base/text.h"

namespace taskfeed::llm {
namespace {

constexpr size_t kNameBytesMax = 256;
constexpr size_t kIdBytesMax = 512;

const Json& function_of(const Json& fragment) {
  static const Json none = Json::object();
  const Json* const function = find(fragment, "function");
  return function != nullptr && function->is_object() ? *function : none;
}

std::optional<int64_t> index_of(const Json& fragment) {
  const Json* const index = find(fragment, "index");
  if (index == nullptr || !index->is_number_integer()) return std::nullopt;
  return int_at(fragment, "index", -1);
}

bool has_arguments(const Json& function) {
  const Json* const arguments = find(function, "arguments");
  return arguments != nullptr &&
         (arguments->is_object() || (arguments->is_string() && *arguments != ""));
}

/// Servers write the whole name once, a part after a part, or all of it with each fragment.
void add_name(std::string& name, const std::string& piece) {
  if (!piece.empty()) name = piece.starts_with(name) ? piece : name + piece;
}

bool is_own_member(const std::string& key, const Json& value) {
  if (key == "type") return !value.is_string() || value == "" || value == "function";
  return key == "index" || key == "id" || key == "function";
}
bool is_own_member_of_function(const std::string& key, const Json&) {
  return key == "name" || key == "arguments";
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

void ToolAssembly::Extent::feed(std::string_view text) {
  for (const char c : text) {
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      began_ = true;
      ++depth_;
    } else if (c == '}' || c == ']') {
      --depth_;
    }
  }
}

/// Whether a fragment that says by neither index nor id which call it belongs to begins another:
/// it has a name and other arguments, and the one before it is complete.
bool ToolAssembly::begins_anew(const Slot& slot, const Json& fragment, bool first_of_delta) {
  const Json& function = function_of(fragment);
  if (slot.name.empty() || string_at(function, "name").empty()) return false;
  if (!first_of_delta) return true;
  return slot.extent.whole() && has_arguments(function) &&
         *find(function, "arguments") != slot.arguments;
}

ToolAssembly::Slot* ToolAssembly::slot_of(const Json& fragment, bool first_of_delta) {
  const std::optional<int64_t> index = index_of(fragment);
  const std::string id = string_at(fragment, "id");
  // The newest first: that is the one which an index without an id goes on with.
  const auto of_index = [&](const Slot& slot) { return !index || slot.index == index; };
  const auto newest = std::find_if(slots_.rbegin(), slots_.rend(), of_index);
  if (newest == slots_.rend()) return nullptr;
  if (id.empty()) {
    // Two elements of one delta with different indexes are told apart by these already.
    return begins_anew(*newest, fragment, first_of_delta || index) ? nullptr : &*newest;
  }
  const auto same = std::find_if(slots_.rbegin(), slots_.rend(),
                                 [&](const Slot& slot) { return of_index(slot) && slot.id == id; });
  if (same != slots_.rend()) {
    return begins_anew(*same, fragment, true) ? nullptr : &*same;
  }
  // An id that comes late.
  return newest->id.empty() && !begins_anew(*newest, fragment, first_of_delta || index) ? &*newest
                                                                                        : nullptr;
}

std::optional<std::string> ToolAssembly::add_arguments(Slot& slot, const Json& arguments,
                                                       bool halves) {
  std::string piece;
  if (arguments.is_string()) {
    piece = slot.joiner.take(arguments.get_ref<const std::string&>(), halves);
  } else if (arguments.is_object()) {
    slot.arguments.clear();
    slot.extent = {};
    piece = dump_json(arguments);
  }
  if (slot.extent.whole() && piece == slot.arguments) return std::nullopt;  // Said again.
  if (slot.arguments.size() + piece.size() > limits_.arguments_bytes_max) {
    return "the arguments of a tool call are over " + std::to_string(limits_.arguments_bytes_max) +
           " bytes";
  }
  slot.arguments += piece;
  slot.extent.feed(piece);
  return std::nullopt;
}

/// Members that the server may want back, such as Gemini's thought signature.
std::optional<std::string> ToolAssembly::add_extra(Slot& slot, const Json& fragment) {
  const auto add = [&](const Json& members, auto is_own, auto place) {
    for (const auto& [key, value] : members.items()) {
      if (is_own(key, value) || value.is_null()) continue;
      Json& known = place()[key];
      if (known == value) continue;
      known = value;
      slot.extra_bytes += key.size() + dump_json(value).size();
    }
  };
  add(fragment, is_own_member, [&]() -> Json& { return slot.extra; });
  add(function_of(fragment), is_own_member_of_function,
      [&]() -> Json& { return slot.extra["function"]; });
  if (slot.extra_bytes <= limits_.arguments_bytes_max) return std::nullopt;
  return "what a tool call has beside its arguments is over " +
         std::to_string(limits_.arguments_bytes_max) + " bytes";
}

std::optional<std::string> ToolAssembly::take_one(const Json& fragment, bool halves,
                                                  bool first_of_delta) {
  if (!fragment.is_object()) return std::nullopt;
  Slot* slot = slot_of(fragment, first_of_delta);
  if (slot == nullptr) {
    if (slots_.size() == limits_.calls_max) {
      return "the model asks for more than " + std::to_string(limits_.calls_max) + " tool calls";
    }
    slot = &slots_.emplace_back();
    slot->index = index_of(fragment);
  }
  if (const std::string id = string_at(fragment, "id"); !id.empty()) slot->id = id;
  const Json& function = function_of(fragment);
  add_name(slot->name, string_at(function, "name"));
  if (slot->name.size() > kNameBytesMax) {
    return "the name of a tool is over " + std::to_string(kNameBytesMax) + " bytes";
  }
  if (const Json* const arguments = find(function, "arguments"); arguments != nullptr) {
    if (auto refusal = add_arguments(*slot, *arguments, halves)) return refusal;
  }
  return add_extra(*slot, fragment);
}

std::optional<std::string> ToolAssembly::take(const Json& fragments, bool halves) {
  if (!fragments.is_array()) return std::nullopt;
  bool first = true;
  for (const Json& fragment : fragments) {
    if (auto refusal = take_one(fragment, halves, first)) return refusal;
    first = false;
  }
  return std::nullopt;
}

bool ToolAssembly::any_nameless() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return slot.name.empty() && !is_blank(slot.arguments);
  });
}

std::vector<workflow::AskedCall> ToolAssembly::calls(Which which,
                                                     std::set<std::string> taken) const {
  std::vector<workflow::AskedCall> calls;
  size_t number = taken.size();
  for (const Slot& slot : slots_) {
    if (slot.name.empty() || (which == Which::kWhole && !slot.extent.whole())) continue;
    workflow::AskedCall call;
    call.tool = slot.name;
    call.arguments = slot.arguments + HalfJoiner(slot.joiner).rest();
    if (is_blank(call.arguments) || call.arguments == "null") call.arguments = "{}";
    call.extra = slot.extra;
    call.id = slot.id;
    while (call.id.empty() || call.id.size() > kIdBytesMax || taken.contains(call.id)) {
      call.id = "call_" + std::to_string(++number);
    }
    taken.insert(call.id);
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace taskfeed::llm
