#!/usr/bin/env bats
# doctor: on Redis, on the daemon, and through a real nginx and a real HAProxy that let a stream
# flow, hold it back, cut it, or pack it.
load world
load peers

health_of() { jq -r --arg check "$1" 'select(.check == $check) | .health' <<<"$output"; }

# nginx on unix sockets of this folder: one for each way of standing in between.
proxy() {
  cat >nginx.conf <<CONF
daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log nginx.log;
events { worker_connections 64; }
http {
  access_log off;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost;
  client_body_temp_path body; proxy_temp_path temp;
  fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  upstream daemon { server ${url#http://}; }
  server { listen unix:$dir/flows; location / { proxy_pass http://daemon; } }
  server { listen unix:$dir/holds;
    location / { proxy_pass http://daemon; proxy_http_version 1.0;
      proxy_ignore_headers X-Accel-Buffering; } }
  server { listen unix:$dir/packs; gzip on; gzip_types text/event-stream; gzip_proxied any;
    location / { proxy_pass http://daemon; } }
  server { listen unix:$dir/cuts;
    location / { proxy_pass http://daemon; proxy_read_timeout 2s; } }
}
CONF
  background nginx nginx -p "$dir" -c nginx.conf
  eventually [ -S cuts ]
}

# HAProxy, in the same ways.
haproxy_between() {
  cat >haproxy.cfg <<CONF
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen flows
  bind unix@$dir/flows
  timeout client 2s
  option http-no-delay
  compression algo gzip
  compression type text/event-stream
  server daemon ${url#http://}
listen holds
  bind unix@$dir/holds
  http-response wait-for-body time 1h
  server daemon ${url#http://}
listen cuts
  bind unix@$dir/cuts
  timeout server 2s
  server daemon ${url#http://}
CONF
  background haproxy haproxy -f haproxy.cfg
  eventually [ -S cuts ]
}

@test "a Redis is looked at, and what a crash would lose is told" {
  status 0 taskfeed doctor --redis "$redis" -o json
  same redis ok "$(health_of redis)"
  same persistence warning "$(health_of 'redis persistence')"
  has "$output" "redis.conf: appendonly yes"
  redis_do CONFIG SET maxmemory 100mb maxmemory-policy allkeys-lru
  status 1 taskfeed doctor --redis "$redis"
  has "$output" "failed" "redis memory" "Redis removes tasks" "maxmemory-policy noeviction"
  redis_do CONFIG SET maxmemory 0 maxmemory-policy noeviction
  status 9 taskfeed doctor --redis "unix://$dir/nobody.sock"
  has "$output" "unreachable" "redis"
}

@test "without a place it looks at the state directory, and starts nothing" {
  status 0 taskfeed doctor
  has "$output" "state directory" "is made when it is needed" "daemon" "none runs" "redis"
  [ ! -e "$TASKFEED_STATE_DIR" ]
  serve --workers 0
  status 0 taskfeed doctor
  has "$output" "is ready, version" "warning" "workers" "taskfeed worker"
  chmod 755 "$TASKFEED_STATE_DIR"
  status 1 taskfeed doctor
  has "$output" "is open to others" "chmod 700"
}

@test "a stream that nginx lets flow is found right" {
  needs_program ci nginx
  serve
  proxy
  status 0 taskfeed doctor "unix:$dir/flows" -o json
  same flow ok "$(health_of 'stream flow')"
  same head ok "$(health_of 'stream headers')"
}

@test "a stream that nginx holds back is told, with the line to write" {
  needs_program ci nginx
  serve
  proxy
  status 1 taskfeed doctor "unix:$dir/holds" -o json
  same daemon ok "$(health_of daemon)"
  has "$output" '"failed"' "held back" "proxy_buffering off"
}

@test "a stream that nginx cuts is told, with the line to write" {
  needs_program ci nginx
  serve
  proxy
  status 1 taskfeed doctor "unix:$dir/cuts"
  has "$output" "stream flow" "cut after" "proxy_read_timeout"
}

@test "a stream that nginx packs is told, with the line to write" {
  needs_program ci nginx
  serve
  proxy
  status 1 taskfeed doctor "unix:$dir/packs"
  has "$output" "held back" "stream headers" "compressed (gzip)" "gzip off"
}

# A client that listens is not silent for HAProxy, and what may not be transformed it does not pack.
@test "a stream that HAProxy lets flow is found right, whatever it does to others" {
  needs_program ci haproxy
  serve
  haproxy_between
  status 0 taskfeed doctor "unix:$dir/flows" -o json
  same flow ok "$(health_of 'stream flow')"
  same head ok "$(health_of 'stream headers')"
}

@test "a stream that HAProxy holds back is told, with the line to write" {
  needs_program ci haproxy
  serve
  haproxy_between
  status 1 taskfeed doctor "unix:$dir/holds" -o json
  same daemon ok "$(health_of daemon)"
  has "$output" '"failed"' "held back" "no http-response wait-for-body"
}

@test "a stream that HAProxy cuts is told, with the line to write" {
  needs_program ci haproxy
  serve
  haproxy_between
  status 1 taskfeed doctor "unix:$dir/cuts"
  has "$output" "stream flow" "cut after" "timeout server 1h"
}

@test "a daemon that is away, and what is no daemon" {
  status 9 taskfeed doctor "unix:$dir/nobody.sock"
  has "$output" "unreachable" "daemon"
  status 2 taskfeed doctor ftp://example
  serve
  taskfeed token create ci --file tokens >ci.token 2>/dev/null
  chmod 600 ci.token
  stop_started
  serve --tokens tokens
  status 1 taskfeed doctor "$url"
  has "$output" "asks for a token" "--token-file"
}
