# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# run --coherency on the programs of tests/programs: correct twins stay correct, and a missing SYNC has consequences under at
# least one policy. COHERENCY=long: twins under random, too.

twin_policies=bounce
[ "${COHERENCY:-}" != long ] || twin_policies="random bounce"

# emulate NAME POLICY [dmasan options] -- PROGRAM
emulate() { run "$1" --coherency "$2" --seed 1 "${@:3}"; }

# Defects that spoil no picture by themselves, with the reason.
harmless() {
	case $1 in
	a1_latent_read | a1_latent_write | syn05_latent_at_exit) echo "no device ever has the buffer" ;;
	a10_start_never_ended | syn05_closed_in_bracket) echo "the missing END is the last thing that happens" ;;
	a11_inherited_dumb_flag) echo "DQBUF of an MMAP queue has synchronised the buffer" ;;
	*) return 1 ;;
	esac
}

twins=0 wrong_twins="" harmed=0 spared=0 unexplained=""
for source in "$ROOT"/tests/programs/[a-z]*.c; do
	name=${source##*/} name=${name%.c}
	case $name in common*) continue ;; t[0-9]*) twin=$name ;; *) twin=$name.twin ;; esac
	rule=$(sed -n 's/^ \* rule: *//p' "$source")
	read -ra options <<<"$(sed -n 's/^ \* options: *//p' "$source")"
	for policy in $twin_policies; do
		emulate "twin-$twin-$policy" "$policy" "${options[@]}" -- "$ROOT/build/programs/$twin"
		grep -q '^SKIP' "$ERR" && continue
		twins=$((twins + 1))
		if [ "$RC" != 0 ] || [ "$(q '[.findings[].latent] | all')" != true ]; then wrong_twins+=" $twin/$policy"; fi
	done
	[[ $rule == SYN0[1-5] ]] || continue
	for policy in bounce random stale7 stale none; do
		[ "$policy" != none ] || break
		emulate "defect-$name-$policy" "$policy" "${options[@]}" -- "$ROOT/build/programs/$name"
		[ "$(q '[.findings[] | select(.consequence)] | length')" = 0 ] || break
	done
	if [ "$policy" != none ]; then
		harmed=$((harmed + 1))
		! harmless "$name" >/dev/null || unexplained+=" $name-has-one-now"
	elif harmless "$name" >/dev/null; then
		spared=$((spared + 1))
		echo "      $name: no policy spoils its picture: $(harmless "$name")"
	else
		unexplained+=" $name"
	fi
done
check "$twins runs of correct programs stay correct" "wrong:$wrong_twins" test -z "$wrong_twins" -a "$twins" -gt 80
check "$harmed programs that break SYN01 to SYN05 have consequences, $spared have a reason why not" "no policy spoils:$unexplained" \
	test -z "$unexplained" -a "$harmed" -gt 8
