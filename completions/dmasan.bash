# SPDX-License-Identifier: MIT
# Completion of dmasan for bash.  Words that dmasan knows itself are asked from it, not listed here.

# Words of an option's value; nothing for options with free values.
_dmasan_values()
{
	case $1 in
	--guard) echo off first every ;;
	--fail-on) echo error warning advice ;;
	--coherency) echo real stale stale7 random bounce ;;
	--format) dmasan report --help 2>/dev/null | sed -n '/^Formats:/,/^$/s/^  \([a-z]*\) .*/\1/p' ;;
	esac
}

_dmasan_options()
{
	dmasan "$1" --help 2>/dev/null | grep -oE '^  (-[a-z]|--[a-z-]+)' | tr -d ' '
}

_dmasan()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} i words

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words=$(dmasan --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words --help --version" -- "$cur")
		return
	fi
	if [[ $command == run || $command == record ]]; then
		# from the program on, complete as if dmasan were not there
		for ((i = 2; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			--)
				_dmasan_program $((i + 1))
				return
				;;
			-o | --guard | --format | --fail-on | --coherency | --seed | --duration | --error-exitcode | --max | --suppressions | --baseline | --write-baseline | --sysroot) ((i++)) ;;
			-*) ;;
			*)
				_dmasan_program "$i"
				return
				;;
			esac
		done
	fi
	words=$(_dmasan_values "$prev")
	if [[ $prev == --suppressions || $prev == --baseline || $prev == --write-baseline ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	elif [[ -n $words ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_dmasan_options "$command")" -- "$cur")
	elif [[ $command == explain ]]; then
		words=$(dmasan explain 2>/dev/null | cut -d ' ' -f 1)
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "${cur^^}")
	elif [[ $prev == -o && $command == report ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	elif [[ $prev == -o || $prev == --sysroot || $command == check || $command == report || $command == dump ]]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	elif [[ $command == run || $command == record ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
	fi
}

# Complete the traced program's own command line, which starts at word $1.
_dmasan_program()
{
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
	fi
}

complete -o filenames -F _dmasan dmasan
