# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Suppression files and baselines that are wrong: file, line and reason, status 2, and nothing written.

make_run m
# wrong NAME LINE REASON: the file `bad` on stdin, given as a suppression file
wrong() {
	cat >bad
	rm -rf out.json out.base
	ask check --suppressions bad --format json=out.json --write-baseline out.base m
	check "suppressions, $1: status 2, line, reason" "status $RC: $ERR" grep -qE "^dmasan: bad:$2: .*$3" .err
	check "suppressions, $1: nothing is written or judged" "something was" test "$RC" = 2 -a ! -e out.json -a ! -e out.base -a ! -s .out
}
wrong "no condition" 1 "has no condition" <<<'[a]'
wrong "an unknown key" 3 "unknown key 'functoin': the keys are rule" <<<$'# comment\n[a]\nfunctoin = x'
wrong "a key before an entry" 1 'before the first \[name\]' <<<'rule = OWN01'
wrong "no rule of that name" 2 "names no rule" <<<$'[a]\nrule = OWN99'
wrong "an offset alone" 1 "offset without a module or build-id" <<<$'[a]\noffset = 0x10'
wrong "an offset that is no number" 3 "no hexadecimal number" <<<$'[a]\nmodule = x\noffset = ten'
wrong "a build-id that is none" 2 "no build-id" <<<$'[a]\nbuild-id = xyz'
wrong "a short build-id" 2 "at least 8" <<<$'[a]\nbuild-id = abc'
wrong "an empty value" 2 "has no value" <<<$'[a]\nmodule ='
wrong "a key twice" 3 "stands twice" <<<$'[a]\nrule = OWN01\nrule = OWN02'
wrong "no bracket" 1 "no ']'" <<<$'[a\nrule = OWN01'
wrong "no name" 1 "without a name" <<<$'[ ]\nrule = OWN01'
wrong "no equals sign" 2 "neither .name. nor key" <<<$'[a]\nOWN01'
wrong "an error in the last entry" 5 "has no condition" <<<$'[a]\nrule = OWN01\n\n# more\n[b]'
wrong "frame of another kind" 3 "neither any nor top" <<<$'[a]\nrule = OWN01\nframe = first'
printf '[a]\nrule = OWN01\n\0' >nul
ask check --suppressions nul m
check "suppressions, a NUL byte: status 2" "status $RC" equal "$RC$(grep -c 'nul: holds a NUL byte' .err)" 21
printf '[a]\r\nrule = OWN01\r\n' >crlf
exits 0 "suppressions with the line ends of another system" check --suppressions crlf m
printf '[a]\nrule = OWN01' >unended
exits 0 "suppressions without a last newline" check --suppressions unended m
exits 0 "an entry that matches and has an odd reason" check --suppressions <(printf '[x]\nrule = OWN01\nreason = %s\n' "$(printf 'é<script>%%s')") m
: >empty.supp
exits 66 "an empty suppression file" check --suppressions empty.supp m

# wrong_base NAME LINE REASON: the baseline `bad` on stdin
wrong_base() {
	cat >bad
	rm -rf out.json out.base
	ask check --baseline bad --format json=out.json --write-baseline out.base m
	check "baseline, $1: status 2, line, reason" "status $RC: $ERR" grep -qE "^dmasan: bad:$2: .*$3" .err
	check "baseline, $1: nothing is written or judged" "something was" test "$RC" = 2 -a ! -e out.json -a ! -e out.base -a ! -s .out
}
wrong_base "empty" 1 "no baseline of dmasan" </dev/null
wrong_base "another file" 1 "no baseline of dmasan" <<<'{"findings": []}'
wrong_base "a later version" 1 "no baseline of dmasan" <<<'dmasan-baseline 2'
wrong_base "no token" 2 "no token of a finding" <<<$'dmasan-baseline 1\nOWN01 error'
wrong_base "no severity" 3 "no severity" <<<$'dmasan-baseline 1\nOWN01-0123456789ab error\nOWN01-0123456789ac fatal'
wrong_base "a token twice" 3 "stands in line 2 already" <<<$'dmasan-baseline 1\nOWN01-0123456789ab error\nOWN01-0123456789ab warning'
wrong_base "a merge conflict" 2 "no token" <<<$'dmasan-baseline 1\n<<<<<<< HEAD\nOWN01-0123456789ab error'

# a file that is both read and written survives an error
"$DMASAN" check --write-baseline kept m >/dev/null 2>&1
cp kept before
ask check --suppressions bad --baseline kept --write-baseline kept m
check "a baseline is not replaced when another file is wrong" "it was" cmp -s kept before
ln -sf kept link
"$DMASAN" check --baseline kept --write-baseline link m >/dev/null 2>&1
check "a baseline is written through a symbolic link" "the link is gone" test -L link
mkdir -p ro && ask check --write-baseline ro/none/base m
check "a baseline that cannot be written: status 70, reason" "status $RC: $ERR" equal "$RC$(grep -c "cannot write the baseline 'ro/none/base'" .err)" 701
