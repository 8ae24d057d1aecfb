# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Names that were chosen by somebody who wants to be markup, code or a second line: every format stays valid and inert.

MARKUP='</script><img src=x onerror=alert(1)><svg/onload=alert(2)>'
long=$(printf 'A%.0s' {1..10000})

# hostile NAME TEXT: a run in which every name is TEXT, one in the middle of a path
hostile() {
	local name=$1
	printf '%s' "$2" >text
	make_run "$name" comm=@text argv=@text module=@text device=@text exporter=@text call=@text buffers=2 bad=1 latent=1 lost=1
	all_formats "$name" "$name" || { fail "$name: reports are written" "status $?" "$WORK/.err"; return; }
	for format in $FORMATS; do valid "$name" "$format" "$name.$format"; done
	GITHUB_STEP_SUMMARY=$WORK/$name.md "$DMASAN" check --format github "$name" >/dev/null 2>&1
	check "$name: the step summary holds no markup and no second table" "$(head -c 600 "$name.md")" plain_summary "$name.md"
	"$DMASAN" check --gen-suppressions "$name" >"$name.supp" 2>/dev/null
	exits 0 "$name: generated suppressions are read back and cover all" check --fail-on advice --suppressions "$name.supp" "$name"
	"$DMASAN" check --write-baseline "$name.base" "$name" >/dev/null 2>&1
	exits 0 "$name: a baseline is read back and covers all" check --fail-on advice --baseline "$name.base" "$name"
	ask check "$name"
	check "$name: nothing on a terminal is obeyed" "control characters" no_controls .err
	ask dump "$name"
	check "$name: dump obeys no terminal" "control characters" no_controls .out
}
plain_summary() { no_controls "$1" && ! grep -qE '<|!\[|\]\(' "$1" && [ "$(grep -c '^|---' "$1")" = 1 ]; }

hostile markup "$MARKUP"
hostile quotes "'\"\`\$(id)\\ & <b> ]]> --> <!-- {{DATA}} {{SCRIPT}} %s%n %0A"
hostile lines $'a\nb\r\n::error::injected\n[entry]\nrule = *\n| x | y |\n'
hostile bytes $'\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\x80 end'
hostile controls $'\e[2J\e]0;title\a\x01\x7f\u0085\u202e\u2066\u2028\u2029\ufeff\ufffe'
hostile long "$long"
check "github: no injected annotation" "$(grep -n injected lines.github)" equal "$(grep -c '^::error::injected' lines.github)" 0
check "junit: text is what it was, as text" "$(xmllint --xpath 'string((//testcase/@name)[1])' markup.junit)" \
	test "$(xmllint --xpath 'string(//testcase[contains(@name, "</script><img")]/@name)' markup.junit)" != ""
check "json: text is what it was" "another" equal "$(jq -r '.program.argv[0]' markup.json)" "$MARKUP"
check "json: a wrong byte becomes U+FFFD" "another" equal "$(jq -r '.program.argv[0] | test("\ufffd") and endswith(" end")' bytes.json)" true

# symbols and source lines: a program whose own tables are hostile
printf '%s\n' "int unused; /* $MARKUP \" ' & */" $'int odd(int x) { return x + 1; } /* </script>\xff\e[2J */' 'int main(void) { return odd(1); }' >'<img src=x onerror=alert(3)>".c'
gcc -g -O0 -x c '<img src=x onerror=alert(3)>".c' -o plain-program 2>/dev/null
objcopy --redefine-sym "odd=$MARKUP" --redefine-sym "main=$long" --strip-debug plain-program renamed
objcopy --redefine-sym "odd=$MARKUP" --redefine-sym "main=$long" plain-program program 2>/dev/null
for binary in program renamed; do
	at=$(nm "$binary" | awk '/<\/script>/ { print "0x" $1; exit }')
	make_run "symbols-$binary" module="$WORK/$binary" frame="$((at + 12))" caller="$((0x$(nm "$binary" | awk '/AAAA/ { print $1; exit }') + 8))" prior="$((at + 12))" \
		build_id="$(readelf -n "$binary" | sed -n 's/.*Build ID: //p')"
	for format in $FORMATS; do "$DMASAN" report --with-source --format "$format" -o "symbols-$binary.$format" "symbols-$binary" 2>/dev/null; done
	check "symbols, $binary: the function's name is read" "$(jq -c '.findings[0].access.stack' "symbols-$binary.json")" \
		equal "$(jq '[.findings[0].access.stack[].function | length > 0] | all' "symbols-$binary.json")" true
	for format in $FORMATS; do valid "symbols, $binary" "$format" "symbols-$binary.$format"; done
done
check "a hostile source line is quoted, as text" "it is not" \
	equal "$(sed -n 's/.*id="data">\(.*\)/\1/p' symbols-program.html | sed 's/<\/script>.*//' | jq '[.frames[].source.lines? // [] | .[] | select(contains("</script>"))] | length > 0')" true
"$DMASAN" report --format html -o without.html symbols-program 2>/dev/null
check "without --with-source no line of a source file is in the page" "there is" equal "$(grep -c 'int odd(int' without.html)" 0
