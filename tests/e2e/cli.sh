#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command line: what each command prints, its exit code (0 done, 1 failed, 2 wrong usage), and how serve says no.
set -u
WEIR=${WEIR:?the weir to test}
dir=$(mktemp -d)
broker='' passed=0 failed=0

cleanup() {
	[ -z "$broker" ] || kill "$broker" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

ok() {
	passed=$((passed + 1))
	printf 'ok   %s\n' "$1"
}

not_ok() { # NAME WHY
	failed=$((failed + 1))
	printf 'FAIL %s: %s\n' "$1" "$2"
	sed 's/^/       out: /' "$dir/out"
	sed 's/^/       err: /' "$dir/err"
}

# run CODE NAME COMMAND...: the command has to end with that code; what it printed stays in out and err.
run() {
	want=$1 name=$2
	shift 2
	timeout 20 "$@" >"$dir/out" 2>"$dir/err" </dev/null
	code=$?
	if [ "$code" -eq "$want" ]; then ok "$name"; else not_ok "$name" "exit code $code, not $want"; fi
}

# expect NAME COMMAND...: the command must succeed.
expect() {
	name=$1
	shift
	if "$@" >/dev/null 2>&1; then ok "$name"; else not_ok "$name" "$*"; fi
}

out_has() { grep -q -e "$1" "$dir/out"; }
one_error_line() { [ "$(wc -l <"$dir/err")" -eq 1 ] && [ ! -s "$dir/out" ]; }

# until_true COMMAND...: polls for ten seconds.
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || return 1
		sleep 0.05
	done
}

start() { # serve ARGUMENT...; sets broker and port
	"$WEIR" serve --dev --port 0 "$@" >"$dir/log" 2>&1 </dev/null &
	broker=$!
	until_true grep -q ' app ready ' "$dir/log" || {
		cat "$dir/log"
		echo "the broker is not ready"
		exit 1
	}
	port=$(sed -n 's/.* app ready .*port=\([0-9]*\).*/\1/p' "$dir/log" | head -n 1)
	export WEIR_SERVER="http://127.0.0.1:$port"
}

subscribed() { curl -fsS "$WEIR_SERVER/api/channels" -d '{}' | grep -q "\"$1\":{\"num_clients\":1}"; }
history() { curl -fsS "$WEIR_SERVER/api/history" -d "{\"channel\":\"$1\",\"limit\":100}"; }

# ---------------------------------------------------------------------------------------------- help and usage
run 0 'version' "$WEIR" version
expect 'version says weir and a number' out_has '^weir [0-9]'
run 0 'help' "$WEIR" --help
for command in serve pub sub top filter token check config version; do
	expect "help names $command" out_has "$command"
done
run 2 'no command is wrong usage' "$WEIR"
run 2 'an unknown command is wrong usage' "$WEIR" dance
run 2 'an unknown option is wrong usage' "$WEIR" serve --dance
run 2 'pub without a channel is wrong usage' "$WEIR" pub
for command in serve pub sub top filter token check config; do
	run 0 "$command --help" "$WEIR" "$command" --help
	expect "$command --help says how" out_has "$command"
done

# ---------------------------------------------------------------------------------------------- configuration
run 0 'config --defaults' "$WEIR" config --defaults
expect 'the defaults name an option' out_has 'ping_interval'
cp "$dir/out" "$dir/defaults.yaml"
run 0 'the defaults are a good configuration' "$WEIR" check --config "$dir/defaults.yaml"
printf 'client:\n  ping_interval: soon\n' >"$dir/bad.yaml"
run 1 'check: a bad value' "$WEIR" check --config "$dir/bad.yaml"
expect 'check names the option' grep -q ping_interval "$dir/err" "$dir/out"
run 1 'check: no such file' "$WEIR" check --config "$dir/nowhere.yaml"
printf 'client:\n  ping_intervall: 25s\n' >"$dir/typo.yaml"
run 0 'check: an unknown option is a warning' "$WEIR" check --config "$dir/typo.yaml"
expect 'check names the nearest' grep -q 'ping_interval' "$dir/err" "$dir/out"
run 1 'check --strict: an unknown option is an error' "$WEIR" check --strict --config "$dir/typo.yaml"
printf '{"client":{"allowed_origins":["*"],"token":{"hmac_secret_key":"0123456789abcdef0123456789abcdef"}},"http_api":{"key":"k"},"admin":{"enabled":true},"channel":{"namespaces":[{"name":"chat","history_size":10,"history_ttl":"300s"}]}}' >"$dir/centrifugo.json"
run 0 'check: a Centrifugo configuration' "$WEIR" check --config "$dir/centrifugo.json"

for bad in "$dir/bad.yaml" "$dir/nowhere.yaml"; do
	began=$(date +%s%3N)
	run 1 "serve refuses ${bad##*/}" "$WEIR" serve --config "$bad" --port 0
	took=$(($(date +%s%3N) - began))
	expect 'in one line' one_error_line
	expect 'within a second' test "$took" -lt 1000
done
run 1 'serve --set: a bad value' "$WEIR" serve --port 0 --set client.ping_interval=soon
run 1 'a bad value in the environment' env WEIR_CLIENT_PING_INTERVAL=soon "$WEIR" serve --port 0

# ---------------------------------------------------------------------------------------------- serve
without_streams() {
	"$WEIR" serve --dev --port 0 <&- >&- 2>&- &
	broker=$!
	until_true test -e "/proc/$broker/fd/8" || return 1
	streams=$(readlink "/proc/$broker/fd/0" "/proc/$broker/fd/1" "/proc/$broker/fd/2" | sort -u)
	kill -KILL "$broker"
	wait "$broker" 2>/dev/null
	broker=
	[ "$streams" = /dev/null ]
}
expect 'started without standard streams, it does not put sockets in their place' without_streams
closed_tells_how() {
	"$WEIR" serve --port 0 --set http_server.address=localhost "$@" >"$dir/closed" 2>&1 </dev/null &
	broker=$!
	until_true grep -q ' app ready ' "$dir/closed"
	kill "$broker"
	wait "$broker"
	broker=
	grep -q 'no client is let in.*hmac_secret_key.*--dev' "$dir/closed"
}
expect 'without a configuration it lets nobody in, and says how that is changed' closed_tells_how
closed_tells_how --set client.token.hmac_secret_key=0123456789abcdef0123456789abcdef --set http_api.key=k
expect 'with keys there is no such line' test "$(wc -l <"$dir/closed")" -eq 3
start
expect 'the ready line is one' test "$(grep -c ' app ready ' "$dir/log")" -eq 1
expect '--dev listens on this machine only' grep -q ' app ready address=localhost ' "$dir/log"
began=$(date +%s%3N)
run 1 'a taken port' "$WEIR" serve --dev --port "$port"
took=$(($(date +%s%3N) - began))
expect 'in one line' one_error_line
expect 'within a second' test "$took" -lt 1000
expect 'that names the port' grep -q "$port" "$dir/err"

# ---------------------------------------------------------------------------------------------- pub and sub
run 0 'pub' "$WEIR" pub room '{"a": 1.50}'
expect 'the event is there, byte for byte' sh -c "curl -fsS '$WEIR_SERVER/api/history' -d '{\"channel\":\"room\",\"limit\":1}' | grep -qF '\"data\":{\"a\": 1.50}'"
echo '{"from":"stdin"}' >"$dir/event"
expect 'pub -' sh -c "'$WEIR' pub room - <'$dir/event'"
expect 'it took the data from stdin' sh -c "curl -fsS '$WEIR_SERVER/api/history' -d '{\"channel\":\"room\",\"limit\":9}' | grep -qF '{\"from\":\"stdin\"}'"
run 0 'pub --tag' "$WEIR" pub --tag region=eu room 1
expect 'the tag is there' sh -c "curl -fsS '$WEIR_SERVER/api/history' -d '{\"channel\":\"room\",\"limit\":9}' | grep -qF '\"tags\":{\"region\":\"eu\"}'"
seq 1 500 >"$dir/lines"
expect 'pub --lines' sh -c "'$WEIR' pub --lines many <'$dir/lines'"
expect 'each line is an event' sh -c "curl -fsS '$WEIR_SERVER/api/history' -d '{\"channel\":\"many\"}' | grep -q '\"offset\":500'"
run 1 'pub to a channel that cannot be' "$WEIR" pub nowhere:x 1
run 1 'pub without a broker' env WEIR_SERVER=http://127.0.0.1:9 "$WEIR" pub room 1

"$WEIR" sub feed --count 3 >"$dir/sub.out" 2>"$dir/sub.err" </dev/null &
sub=$!
if until_true subscribed feed; then
	seq 1 3 | "$WEIR" pub --lines feed >/dev/null 2>&1
	wait "$sub"
	expect 'sub --count ends by itself with 0' test $? -eq 0
	expect 'it printed three events' test "$(wc -l <"$dir/sub.out")" -eq 3
else
	kill "$sub" 2>/dev/null
	cp "$dir/sub.out" "$dir/out"; cp "$dir/sub.err" "$dir/err"
	not_ok 'sub subscribes' 'it is not among the channels'
fi
epoch=$(history feed | sed -n 's/.*"epoch":"\([^"]*\)".*/\1/p')
run 2 'sub --since: no position' "$WEIR" sub feed --since yesterday
run 0 'sub --since gets what was missed' "$WEIR" sub feed --since "$epoch:1" --count 2 --json
expect 'as JSON, one a line' test "$(grep -c '^{.*}$' "$dir/out")" -eq 2

run 2 'sub --rate: not a number' "$WEIR" sub feed --rate fast
run 2 'sub --queue: not a number' "$WEIR" sub feed --queue 0
run 2 'sub --queue-bytes: not a size' "$WEIR" sub feed --queue-bytes much
run 2 'sub --filter: a tree that is no JSON' "$WEIR" sub feed --filter '{tree}'

# ---------------------------------------------------------------------------------------------- data.weir
# sub_while PUBLISH ARGUMENT...: sub with these arguments on the channel "queue"; PUBLISH runs once it is subscribed.
sub_while() {
	publish=$1
	shift
	"$WEIR" sub queue "$@" >"$dir/out" 2>"$dir/err" </dev/null &
	sub=$!
	until_true subscribed queue && $publish && wait "$sub" && return
	kill "$sub" 2>/dev/null
	return 1
}
publish_mixed() {
	for region in us eu us eu; do
		"$WEIR" pub --tag region=$region queue "{\"from\":\"$region\"}" || return 1
	done
}
publish_many() { seq 1 200 | "$WEIR" pub --lines queue >/dev/null 2>&1; }
run 1 'sub --filter: what the broker says about a wrong expression' "$WEIR" sub feed --filter "region = ("
expect 'is shown, with the position' grep -q 'column.*(107)' "$dir/err"
run 1 'sub --overflow: no such policy' "$WEIR" sub feed --overflow dance
expect 'is named' grep -q 'data.weir.overflow.*(107)' "$dir/err"
sub_while publish_mixed --count 2 --filter "region = 'eu'" --json
expect 'sub --filter' test "$(grep -c '"from":"eu"' "$dir/out")" -eq 2
sub_while publish_mixed --count 2 --filter '{"key":"region","cmp":"eq","val":"us"}' --json
expect 'sub --filter with a tree' test "$(grep -c '"from":"us"' "$dir/out")" -eq 2
sub_while publish_many --count 2 --overflow latest --rate 2 --queue 4 --queue-bytes 64KiB
expect 'sub --rate: the newest of what waited' test "$(wc -l <"$dir/out")" -eq 2
expect 'and how many were dropped' grep -q '^weir sub: queue: [0-9]* events were dropped$' "$dir/err"
run 0 'top without a client' "$WEIR" top --interval 100ms
expect 'says so' out_has 'No client is connected'
"$WEIR" sub queue --overflow latest --rate 0.001 --queue 4 >"$dir/sub.out" 2>&1 </dev/null &
sub=$!
until_true subscribed queue && publish_many
run 0 'top' "$WEIR" top --interval 100ms
expect 'shows the client, what waits, and why' out_has '  queue  *latest 0.001/s  *1/4 '
expect 'and what was dropped' grep -Eq '  queue  *latest.* 19[0-9]$' "$dir/out"
run 0 'top --json' "$WEIR" top --json
expect 'holds the answers' out_has '^{"time":[0-9]*,"lag":{.*"connections":\[{.*},"info":{.*"num_clients":1.*}$'
kill "$sub"
wait "$sub" 2>/dev/null
run 1 'top without a broker' env WEIR_SERVER=http://127.0.0.1:9 "$WEIR" top --once
run 2 'top --interval: not a time' "$WEIR" top --interval soon

# ---------------------------------------------------------------------------------------------- filter
printf '{"channel":"prices:eu","tags":{"symbol":"ACME","level":"7"},"data":{"price":19.99,"qty":3}}' >"$dir/event.json"
run 0 'filter' "$WEIR" filter 'symbol = "ACME" AND level > 5' "$dir/event.json"
expect 'it is true' test "$(cat "$dir/out")" = true
expect 'filter reads stdin' sh -c "test \"\$('$WEIR' filter 'data.price * data.qty' <'$dir/event.json')\" = 59.97"
run 1 'filter: an error of the evaluation' "$WEIR" filter 'symbol + 1' "$dir/event.json"
expect 'the value is printed beside it' test "$(cat "$dir/out")" = 0
expect 'the error is named' grep -q '^weir filter: CastError' "$dir/err"
run 2 'filter: a refused expression' "$WEIR" filter '(symbol = 1' "$dir/event.json"
expect 'it says what and where' grep -q "^weir filter: expected ')' at column 12\$" "$dir/err"
expect 'and points there' grep -q '^             ^$' "$dir/err"
run 0 'filter: mixed operators' "$WEIR" filter 'TRUE OR FALSE AND FALSE' "$dir/event.json"
expect 'are a warning' grep -q '^weir filter: warning: mixed' "$dir/err"
echo '{"tags":{"level":[7]}}' >"$dir/bad.json"
run 2 'filter: a bad event' "$WEIR" filter TRUE "$dir/bad.json"
expect 'it says where' grep -q 'bad.json: tags.level: expected a string' "$dir/err"
run 2 'filter without an expression is wrong usage' "$WEIR" filter

# ---------------------------------------------------------------------------------------------- token
export WEIR_CLIENT_TOKEN_HMAC_SECRET_KEY=0123456789abcdef0123456789abcdef
run 0 'token' "$WEIR" token --user ann --ttl 1h
expect 'three parts' grep -Eq '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$' "$dir/out"
payload=$(cut -d. -f2 "$dir/out" | tr '_-' '/+')
case $((${#payload} % 4)) in 2) payload="$payload==" ;; 3) payload="$payload=" ;; esac
expect 'its user' sh -c "printf %s '$payload' | base64 -d | grep -q '\"sub\": *\"ann\"'"
run 0 'token for a channel' "$WEIR" token --user ann --channel room
run 2 'token without a user is wrong usage' "$WEIR" token
unset WEIR_CLIENT_TOKEN_HMAC_SECRET_KEY
run 1 'token without a secret' "$WEIR" token --user ann

# ---------------------------------------------------------------------------------------------- doors
secret=0123456789abcdef0123456789abcdef
kill "$broker" && wait "$broker"
rm -f "$dir/log"
start --set client.token.hmac_secret_key=$secret
ann=$(WEIR_CLIENT_TOKEN_HMAC_SECRET_KEY=$secret "$WEIR" token --user ann --ttl 1h)
two_lines() { [ "$(wc -l <"$dir/out")" -eq 2 ]; }
throw_out() { curl -fsS "$WEIR_SERVER/api/disconnect" -d '{"user":"ann","disconnect":{"code":4000,"reason":"again"}}' >/dev/null; }
printf 'door 1 {"a":0.5}\ndoor 2 "just text"\ndoor 3 3 n=1\ndoor 4 4\n' >"$dir/want"
for door in websocket msgpack sse http-stream events; do
	channel=door-$door
	"$WEIR" sub --door $door --token "$ann" --count 4 --queue 64 --filter TRUE "$channel" \
		>"$dir/out" 2>"$dir/err" </dev/null &
	sub=$!
	until_true subscribed "$channel"
	run_pub() { "$WEIR" pub "$@" 2>>"$dir/err"; }
	run_pub "$channel" '{"a":0.5}' && run_pub "$channel" 'just text' && until_true two_lines
	throw_out
	run_pub --tag n=1 "$channel" 3 && run_pub "$channel" 4
	expect "sub --door $door" wait "$sub"
	sed "s/^$channel/door/" "$dir/out" >"$dir/got"
	expect 'shows each event once, also those of an interruption' cmp "$dir/want" "$dir/got"
	expect 'and says so' grep -q '^weir sub: again (4000); trying again$' "$dir/err"
	run 1 "sub --door $door: refused for good" "$WEIR" sub --door $door 'nonesuch:a'
	expect 'says why' grep -q 'unknown channel (102)' "$dir/err"
done
for door in api events websocket msgpack sse http-stream; do
	run 0 "pub --door $door" "$WEIR" pub --door $door "by-$door" '{"n":[1,2]}'
	expect 'the event is there' sh -c "curl -fsS '$WEIR_SERVER/api/history' -d '{\"channel\":\"by-$door\",\"limit\":1}' | grep -qF '\"data\":{\"n\":[1,2]}'"
	expect "pub --door $door --lines" sh -c "seq 1 700 | '$WEIR' pub --door $door --lines 'by-$door'"
	history "by-$door" | grep -o '"data":[0-9]*' | cut -d: -f2 >"$dir/got"
	expect 'in their order' sh -c "seq 601 700 | cmp - '$dir/got'"
done
run 0 'pub --door events --tag' "$WEIR" pub --door events --tag region=eu tagged 1
printf '\377' | "$WEIR" pub --door events tagged -
expect 'pub --door events takes bytes' sh -c "'$WEIR' sub --since all --count 2 tagged </dev/null | grep -q '\"/w==\" weir-encoding=base64'"
run 2 'pub --door events: a tag with capitals' "$WEIR" pub --door events --tag Region=eu tagged 1
run 2 'pub --door websocket has no tags' "$WEIR" pub --door websocket --tag a=b tagged 1
run 1 'pub --door msgpack: data without a form' "$WEIR" pub --door msgpack tagged '"\ud800"'
expect 'says so' grep -q 'no form in MessagePack' "$dir/err"
run 1 'pub --door sse: refused' "$WEIR" pub --door sse nonesuch:a 1
expect 'says why' grep -q 'unknown channel (102)' "$dir/err"
run 2 'sub --door: no such door' "$WEIR" sub --door window room
run 2 'sub --events is one door' "$WEIR" sub --events --door sse room
run 1 'pub --door websocket without a broker' env WEIR_SERVER=http://127.0.0.1:9 "$WEIR" pub --door websocket room 1
run 1 'pub --door events without a broker' env WEIR_SERVER=http://127.0.0.1:9 "$WEIR" pub --door events room 1
run 0 'sub --events' "$WEIR" sub --events --since all --count 2 tagged
expect 'shows control messages' out_has '^event: weir$'
expect 'and positions' out_has '^id: [^:]*:2$'
without_client() { sed 's/"client":"[^"]*"/"client":""/; s/^retry: .*/retry:/; s/"time":[0-9]*/"time":0/' "$1"; }
curl_events() {
	curl -sN -m 2 "$WEIR_SERVER/events?channel=tagged&since=all" >"$dir/curl"
	without_client "$dir/curl" >"$dir/curl.same"
	without_client "$dir/out" >"$dir/out.same"
	cmp "$dir/curl.same" "$dir/out.same"
}
expect 'it is what curl shows' curl_events

# ---------------------------------------------------------------------------------------------- the end
kill -TERM "$broker"
wait "$broker"
expect 'SIGTERM: exit code 0' test $? -eq 0
broker=
echo "cli: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
