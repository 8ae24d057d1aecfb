# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Exit statuses, as documented: severities, --strict, the program's own, wrong usage, limits.

make_run warn bad=0 latent=1
make_run bad
make_run clean bad=0
make_run lossy bad=0 lost=5
make_run lossy-bad lost=5
make_run failed bad=0 status=3
make_run killed bad=0 status=137

exits 0 "a clean run" check clean
exits 66 "an error" check bad
exits 0 "a warning" check warn
exits 66 "a warning with --fail-on warning" check --fail-on warning warn
exits 66 "a warning with --fail-on advice" check --fail-on advice warn
exits 7 "--error-exitcode" check --error-exitcode 7 bad
exits 0 "--error-exitcode 0 only reports" check --error-exitcode 0 bad
exits 0 "events were lost" check lossy
says "the verdict line says so" 'tainted'
exits 67 "events were lost, --strict" check --strict lossy
exits 66 "events were lost and an error was found, --strict" check --strict lossy-bad
exits 0 "a clean run, --strict" check --strict clean
exits 3 "the program's own status" check failed
exits 66 "an error comes before the program's own status" check failed bad
exits 137 "a program that was killed" check killed
check "the verdicts in json" "others" equal "$(for d in clean bad warn lossy lossy-bad; do j .verdict $d; done | tr '\n' ' ')" "clean findings findings tainted findings "
check "a tainted run with findings says both" "it does not" equal "$(j '.verdict + " " + (.coverage.tainted | tostring)' lossy-bad)" "findings true"

exits 2 "no directory" check
exits 2 "an unknown option" check --nonsense bad
exits 2 "an unknown severity" check --fail-on fatal bad
exits 2 "an unknown format" check --format pdf bad
exits 2 "a suppression file that is not there" check --suppressions nowhere bad
exits 2 "two baselines" check --baseline a --baseline b bad
exits 2 "no number" check --max many bad
exits 70 "no such directory" check nowhere
exits 70 "a report that cannot be written" check --format json=/nowhere/x.json bad
exits 0 "report says nothing about findings by its status" report bad
exits 70 "report of something that is no run" report nowhere

# limits of duplicates: one finding however often it happened, and a count
make_run often times=100000 buffers=1
check "the same access 100,000 times is one finding with a count" "$(j '[.findings[].count]' often)" equal "$(j '[.findings[].count] | tostring' often)" "[100000]"
make_run wide buffers=80 bad=80
ask check wide
check "check shows 50 findings and names the option for the rest" "$(grep -c DEDUP_TOKEN .out) shown" \
	equal "$(grep -c DEDUP_TOKEN .out) $(grep -cE '30 more.*--max' .out)" "50 1"
ask check --max 0 wide
check "--max 0 shows all" "$(grep -c DEDUP_TOKEN .out) shown" equal "$(grep -c DEDUP_TOKEN .out)" 80
ask check --max 10 --format html=capped.html --format json=all.json wide
check "a capped page says how many are not shown, and how to see them" "it does not" \
	equal "$(sed -n 's/.*id="data">\(.*\)<\/script>.*/\1/p' capped.html | sed 's/<\/script>.*//' | jq -c '[.findings_total, (.findings | length)]')" "[80,10]"
check "machine-readable formats are never capped" "$(jq '.findings | length' all.json)" equal "$(jq '.findings | length' all.json)" 80
