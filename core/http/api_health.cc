#include "event/json.h"
#include "http/handlers.h"
#include "http/openapi.h"

namespace taskfeed::http::handlers {
namespace {

Json bridge_json(const BridgeReport& report) {
  Json json = {{"status", report.listening ? "ok" : "not listening"}};
  for (const auto& [name, count] : report.counts) json[name] = count;
  Json reasons = Json::object();
  for (const auto& [reason, count] : report.unreadable) reasons[reason] = count;
  json["unreadable_by_reason"] = std::move(reasons);
  return json;
}

Json health_json(const ApiPorts& ports, const HealthReport& report, bool ok) {
  Json redis = {{"status", report.redis_reachable ? "ok" : "unreachable"}};
  if (!report.redis_detail.empty()) redis["detail"] = report.redis_detail;
  Json json = Json::object();
  json["status"] = ok ? "ok" : "unavailable";
  json["version"] = ports.version;
  json["draining"] = report.draining;
  json["checks"] = {{"redis", std::move(redis)},
                    {"queue", {{"length", report.queue_length}}},
                    {"workers", {{"alive", report.workers_alive}}},
                    {"streams", {{"open", report.streams}}}};
  if (report.bridge) json["checks"]["bridge"] = bridge_json(*report.bridge);
  return json;
}

}  // namespace

Reply health(const ApiPorts& ports, const Call&, const Captures&) {
  const HealthReport report = ports.health.health();
  const bool ok = report.redis_reachable && (!report.bridge || report.bridge->listening);
  return json_reply(ok ? 200 : 503, health_json(ports, report, ok));
}

Reply livez(const ApiPorts&, const Call&, const Captures&) {
  return json_reply(200, {{"status", "ok"}});
}

Reply readyz(const ApiPorts& ports, const Call&, const Captures&) {
  const HealthReport report = ports.health.health();
  const bool ok = report.redis_reachable && !report.draining;
  return json_reply(ok ? 200 : 503, health_json(ports, report, ok));
}

Reply version(const ApiPorts& ports, const Call&, const Captures&) {
  return json_reply(200, {{"name", "taskfeed"}, {"version", ports.version}});
}

Reply metrics(const ApiPorts& ports, const Call&, const Captures&) {
  Reply reply;
  reply.body = ports.health.metrics();
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

Reply openapi(const ApiPorts&, const Call&, const Captures&) {
  Reply reply;
  reply.body = openapi_document();
  reply.content_type = kJsonType;
  return reply;
}

}  // namespace taskfeed::http::handlers
