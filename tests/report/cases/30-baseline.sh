# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Baselines: what was there stays silent, what is new fails.

make_run old buffers=3 bad=1
make_run new buffers=3 bad=2
exits 66 "the old state has an error, and its baseline is written all the same" check --write-baseline base old
says "the command says where the baseline is" 'wrote base'
check "a baseline is sorted text: a header, then token and severity" "$(cat base)" \
	equal "$(grep -v '^#' base | head -n 1) $(grep -cE '^OWN01-[0-9a-f]{12} error$' base)" "dmasan-baseline 1 1"
exits 0 "nothing new" check --baseline base old
says "the verdict line counts what was known" '1 in the baseline'
exits 66 "one finding is new" check --baseline base new
check "and only that one counts" "$(j '.findings | length' --baseline base new)" equal "$(j '.findings | length' --baseline base new)" 1
exits 66 "the baseline is brought up to date" check --baseline base --write-baseline base new
exits 0 "after which nothing is new" check --baseline base new
check "a baseline of the same findings is the same file" "it differs" \
	equal "$("$DMASAN" check --write-baseline again new >/dev/null 2>&1; cmp base again && echo same)" same
exits 0 "a finding that is gone does not fail" check --baseline base old
check "json counts entries that did not occur" "$(j '.statistics.baseline' --baseline base old)" \
	equal "$(j '[.. | .baseline_gone? // empty] | first' --baseline base old)" 1

# more severe than it was is new
sed 's/ error$/ warning/' base >milder
exits 66 "a finding that has become worse is new" check --baseline milder new

# suppressions first: what they cover does not enter a baseline
printf '[all]\nrule = OWN01\n' >all.supp
exits 0 "suppressed findings do not fail" check --suppressions all.supp --write-baseline empty new
check "and do not enter the baseline" "$(cat empty)" equal "$(grep -c OWN01- empty)" 0
exits 66 "an empty baseline knows nothing" check --baseline empty new
exits 2 "a baseline that is not there" check --baseline nowhere new
says "the message names it" 'nowhere: No such file'

# nothing is written where a run could not be read: it would forget what was there
mkdir -p broken
cp base keep
exits 70 "a directory that is no run" check --write-baseline keep new broken
check "leaves the baseline as it was" "it was replaced" cmp -s base keep
