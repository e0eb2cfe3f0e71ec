/// The layers of a publisher's JSON object, and the one payload that they make.
///
/// Threads  One.
/// Errors   None.
/// Owns     The document.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "event/json.h"

namespace taskfeed::bridge {

class Layers {
 public:
  /// `root` is an object.
  explicit Layers(Json root);

  enum Layer { kRoot, kData, kOriginal };
  struct Place {
    Layer layer;
    std::string_view key;
  };
  /// The members at `places`, in this order; absent ones and nulls are left out.
  std::vector<const Json*> at(std::initializer_list<Place> places) const;

  /// Everything that is neither envelope nor in `taken` (keys of any layer), innermost first.
  /// Leaves the layers empty.
  Json take_payload(const std::vector<std::string_view>& taken);

  /// Keys and types of the outermost layer, cut to a bounded length.
  std::string shape() const;

 private:
  /// What `key` of `object` holds as an object, also where it is JSON in a string.
  static Json* object_at(Json& object, std::string_view key);

  Json root_;
  std::array<Json*, 3> layers_{};  // Null where there is none.
};

}  // namespace taskfeed::bridge
