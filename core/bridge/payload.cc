#include "bridge/payload.h"

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "event/event.h"

namespace taskfeed::bridge {
namespace {

/// What says how an event was carried, not what happened.
bool is_envelope_key(Layers::Layer layer, std::string_view key) {
  if (is_reserved_key(key)) return true;
  return layer == Layers::kData && (key == "original_event_type" || key == "original_timestamp");
}

}  // namespace

Json* Layers::object_at(Json& object, std::string_view key) {
  for (auto& [name, value] : object.get_ref<Json::object_t&>()) {
    if (name != key) continue;
    if (value.is_string()) {
      Result<Json> inner = parse_json(value.get_ref<const std::string&>());
      if (inner && inner->is_object()) value = *std::move(inner);
    }
    return value.is_object() ? &value : nullptr;
  }
  return nullptr;
}

Layers::Layers(Json root) : root_(std::move(root)) {
  layers_[kRoot] = &root_;
  layers_[kData] = object_at(root_, "data");
  if (layers_[kData] != nullptr) {
    layers_[kOriginal] = object_at(*layers_[kData], "original_data");
  }
}

std::vector<const Json*> Layers::at(std::initializer_list<Place> places) const {
  std::vector<const Json*> found;
  for (const Place& place : places) {
    if (layers_[place.layer] == nullptr) continue;
    const Json* const member = find(*layers_[place.layer], place.key);
    if (member != nullptr && !member->is_null()) found.push_back(member);
  }
  return found;
}

Json Layers::take_payload(const std::vector<std::string_view>& taken) {
  Json payload = Json::object();
  std::vector<std::pair<const std::string, Json>>& members = payload.get_ref<Json::object_t&>();
  // By value: the vector of members moves its strings when it grows.
  std::unordered_set<std::string> known;
  for (const Layer layer : {kOriginal, kData, kRoot}) {
    if (layers_[layer] == nullptr) continue;
    const Json* const inner = layer == kOriginal ? nullptr : layers_[layer + 1];
    for (auto& [key, value] : layers_[layer]->get_ref<Json::object_t&>()) {
      if (&value == inner || is_envelope_key(layer, key)) continue;
      if (std::find(taken.begin(), taken.end(), key) != taken.end()) continue;
      if (!known.insert(key).second) continue;
      members.emplace_back(key, std::move(value));
    }
  }
  return payload;
}

std::string Layers::shape() const {
  constexpr size_t kKeysMax = 12;
  constexpr size_t kKeyBytesMax = 32;
  std::vector<std::string> keys;
  for (const auto& [key, value] : root_.get_ref<const Json::object_t&>()) {
    if (keys.size() == kKeysMax) break;
    keys.push_back(std::string(utf8_prefix(key, kKeyBytesMax)) + ": " + value.type_name());
  }
  std::sort(keys.begin(), keys.end());
  std::string text = "{";
  for (const std::string& key : keys) text.append(text.size() > 1 ? ", " : "").append(key);
  return text + "}";
}

}  // namespace taskfeed::bridge
