# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A newcomer's first command, progress, completions, and the recipes of docs/ci.md with a recording made to order.

ask run --format html -- true
check "run --format html: the program's own status" "exit $RC: $ERR" equal "$RC" 0
page=$(sed -n 's/^dmasan: wrote //p' .err)
check "run --format html says where the page is" "$ERR" test -s "$page"
valid "the page of a run without buffers" html "$page"
says "and the verdict" '^dmasan: clean: no findings in a run that used no buffer'
ask run -o quiet --format json -- sh -c 'echo out; exit 5'
check "run --format json: stdout is the program's, then the report" "exit $RC" equal "$RC $(head -n 1 .out) $(tail -n +2 .out | jq -r .verdict)" "5 out clean"
ask run -o made --format sarif=x.sarif --format junit=x.xml --format perfetto=x.json --format text=x.txt -- true
check "every file that is written is named" "$ERR" equal "$(grep -c '^dmasan: wrote x\.' .err)" 4

# progress: on a terminal, for what takes longer than a second, and gone afterwards
# (made slow by a reader that takes its time, so that it is slow on any machine)
make_run big buffers=3
mkfifo slow
{ sleep 2.5; cat; } <slow >big.html &
TERM=xterm script -qec "'$DMASAN' report --format html -o slow big" typescript >/dev/null 2>&1
wait
check "progress is shown on a terminal" "$(head -c 300 typescript | cat -v)" grep -qE 'dmasan: writing the report \.\.\. +[0-9]+ s' typescript
check "and wiped when it is done" "it stays" grep -q "$(printf '\r\033\\[K')" typescript
check "the page is whole all the same" "$(stat -c %s big.html) bytes" inert_page big.html
ask report --format html -o big.html big
check "no progress where nobody watches" "$ERR" equal "$(grep -c ' \.\.\. ' .err)" 0
rm -rf big

# completions know every option of every command
for command in run record check report dump; do
	for option in $("$DMASAN" $command --help | grep -oE '^  --[a-z-]+' | tr -d ' '); do
		grep -q -- "'[*]*$option\[" "$ROOT/completions/_dmasan" || missing="${missing:-} $command $option"
		grep -qF "${option#--}" "$ROOT/docs/man/dmasan.1" || unwritten="${unwritten:-} $command $option"
	done
done
check "zsh completion knows every option" "not:${missing:-}" equal "${missing:-}" ""
check "the manual page knows every option" "not:${unwritten:-}" equal "${unwritten:-}" ""
complete_with_bash() {
	PATH=$BUILD/bin:$PATH bash -c ". '$ROOT/completions/dmasan.bash'; COMP_WORDS=(dmasan $1 '$2'); COMP_CWORD=2; _dmasan; echo \"\${COMPREPLY[@]}\""
}
check "bash completion asks the command for its options" "$(complete_with_bash check --s)" equal "$(complete_with_bash check --s)" "--strict --sysroot --suppressions"
check "every format stands in the manual page" "one does not" \
	equal "$(for f in $FORMATS; do grep -q "^.It Cm $f$" "$ROOT/docs/man/dmasan.1" || echo "$f"; done)" ""

# recipes: `dmasan record` is replaced by a recording made to order, everything else is real
mkdir -p bin recipes
node "$ROOT/tests/report/recipes.cjs" recipes
check "docs/ci.md: the recipes are valid YAML and shell" "$(ls recipes)" equal "$(for f in recipes/*.sh; do bash -n "$f" && basename "$f" .sh; done | tr '\n' ' ')" "gate github-buffers gitlab-dma-buffers gitlab-judge gitlab-record lava "
cat >bin/dmasan <<S
#!/bin/bash
command=\$1 options=()
shift
[ "\$command" = record ] || [ "\$command" = run ] || exec '$DMASAN' "\$command" "\$@"
dir=run
while [ "\$1" != -- ]; do
	if [ "\$1" = -o ]; then dir=\$2; shift; else options+=("\$1"); fi
	shift
done
mkdir -p "\$dir" && '$BUILD/tests/make-run' "\$dir" bad=\$BAD || exit 70
[ "\$command" = record ] || exec '$DMASAN' check "\${options[@]}" "\$dir"
S
for stub in sudo camera-test lava-test-case lava-test-case-attach v4l2-ctl; do
	# shellcheck disable=SC2016 # the stub expands it
	printf '#!/bin/sh\necho "%s $*" >>"$STUBS"\n' $stub >bin/$stub
done
chmod +x bin/*
export STUBS=$WORK/stubs BAD
# recipe NAME BAD [ARGUMENTS]: the recipe in a repository with an empty baseline
recipe() {
	local dir=job-$1-$2
	BAD=$2
	mkdir -p "$dir" && : >"$STUBS"
	cp bin/camera-test "$dir/"
	(cd "$dir" && touch dmasan.supp && printf 'dmasan-baseline 1\n' >dmasan.baseline && mkdir -p farm &&
		PATH=$WORK/bin:$PATH BOARD=rpi5 GITHUB_STEP_SUMMARY=$PWD/summary.md bash -e "../recipes/$1.sh" "${@:3}") >"$dir.log" 2>&1
	RC=$?
	# shellcheck disable=SC2034 # shown by check
	LOG=$WORK/$dir.log
}
for pair in gate: github-buffers: gitlab-dma-buffers:; do
	name=${pair%:}
	recipe "$name" 0 ./camera-test
	check "recipe $name: a clean run passes" "exit $RC" equal "$RC" 0
	recipe "$name" 1 ./camera-test
	check "recipe $name: an error fails the job" "exit $RC" equal "$RC" 66
done
check "recipe gate: page and JUnit file are left" "not there" test -s job-gate-1/dmasan-out/report.html -a -s job-gate-1/dmasan-out/report.xml
check "recipe github: annotation, summary, SARIF" "not there" test -s job-github-buffers-1/summary.md -a -s job-github-buffers-1/dmasan.sarif
check "recipe github: the annotation is in the log" "it is not" grep -q '^::error title=dmasan OWN01' job-github-buffers-1.log
recipe gitlab-record 1
check "recipe gitlab: a board records and does not judge" "exit $RC" equal "$RC$(test -e job-gitlab-record-1/farm/rpi5/launcher.trace && echo ' recorded')" "0 recorded"
mkdir -p job-gitlab-judge-1/farm && cp -r job-gitlab-record-1/farm/rpi5 job-gitlab-judge-1/farm/ && cp -r job-gitlab-record-1/farm/rpi5 job-gitlab-judge-1/farm/imx8mp
recipe gitlab-judge 1
check "recipe gitlab: one job judges all boards" "exit $RC" equal "$RC$(grep -c 'in run farm/imx8mp (1 time), farm/rpi5 (1 time)' job-gitlab-judge-1.log)" 661
recipe lava 0
check "recipe lava: a clean run is one passed case" "$(cat stubs)" grep -qx 'lava-test-case dmasan --result pass' stubs
recipe lava 1
check "recipe lava: a case per broken rule, with its count" "$(cat stubs)" grep -qx 'lava-test-case dmasan-OWN01 --result fail --measurement 1 --units times' stubs
check "recipe lava: the whole fails" "$(cat stubs)" grep -qx 'lava-test-case dmasan --result fail' stubs
