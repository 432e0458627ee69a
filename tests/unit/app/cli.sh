#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program itself: exit codes, streams, its real environment, and that the names of options stay apart as variables.
set -u
weir=${builddir:-.}/weir
conf=${srcdir:-$(dirname "$0")/../../..}/conf
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
# shellcheck disable=SC2046
unset $(env | sed -n 's/^\(WEIR_[A-Za-z0-9_]*\)=.*/\1/p') weir_none

# expect CODE COMMAND...: output goes to $tmp/out and $tmp/err
expect() {
	want=$1
	shift
	"$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" = "$want" ] && return
	echo "exit code $got, not $want: $*" >&2
	cat "$tmp/out" "$tmp/err" >&2
	bad=1
}

# said FILE TEXT
said() {
	grep -qF -e "$2" "$tmp/$1" && return
	echo "no \"$2\" in $1 of the last command:" >&2
	cat "$tmp/$1" >&2
	bad=1
}

expect 2 "$weir"
said err 'usage: weir COMMAND'
expect 0 "$weir" --help
said out 'usage: weir COMMAND'
expect 0 "$weir" version
said out 'weir '
expect 2 "$weir" no-such-command

expect 0 "$weir" check "$conf/examples/centrifugo.json"
said out '0 errors,'
expect 1 "$weir" check --strict "$conf/examples/centrifugo.json"
said out 'examples/centrifugo.json:27:3: admin: Centrifugo has this, weir does not'
expect 0 "$weir" config "$conf/examples/centrifugo.json"
said out 'hmac_secret_key: "***"'
said out '- name: "quotes"'
said err 'warning: '

printf 'client:\n  ping_interval: abc\n' >"$tmp/weir.yaml"
expect 1 "$weir" check --config "$tmp/weir.yaml"
said out 'weir.yaml:2:18: client.ping_interval: expected a duration such as 25s, got "abc"'
expect 0 sh -c 'printf "workers: 2\n" | "$1" check --strict /dev/stdin' sh "$weir"

expect 0 env WEIR_WORKERS=3 "$weir" config
said out 'workers: 3'
expect 1 env WEIR_WORKERS=many "$weir" config
said err 'WEIR_WORKERS: workers: expected a whole number'

expect 0 env WEIR_CLIENT_TOKEN_HMAC_SECRET_KEY=0123456789abcdef0123456789abcdef "$weir" token --user 42 --ttl 0
grep -qE '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$' "$tmp/out" || { echo "no token" >&2; bad=1; }

[ ! -e /dev/full ] || expect 1 sh -c '"$1" config --defaults >/dev/full' sh "$weir"

"$weir" config --markdown | sed -n 's/^| `\([a-z_.]*\)` .*/\1/p' >"$tmp/names"
[ "$(wc -l <"$tmp/names")" -gt 50 ] || { echo "too few options" >&2; bad=1; }
twice=$(tr . _ <"$tmp/names" | sort | uniq -d)
[ -z "$twice" ] || { echo "one variable for two options: $twice" >&2; bad=1; }
exit $bad
