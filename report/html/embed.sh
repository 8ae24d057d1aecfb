#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the page's template, style and script as C arrays, with the hashes that its policy names.
set -eu
cd "$(dirname "$0")"

script() {
	printf '(() => {\n"use strict";\n'
	cat js/*.js
	printf '})();\n'
}

array() { # array NAME: the bytes of stdin
	printf 'static const char %s[] = {\n' "$1"
	od -An -v -tx1 | sed 's/ \(..\)/0x\1,/g'
	printf '};\n'
}

hash() { # hash NAME: of stdin, as a Content-Security-Policy names it
	printf '#define %s "sha256-%s"\n' "$1" \
		"$(sha256sum | cut -c1-64 | tr a-f A-F | basenc --base16 -d | base64)"
}

{ cat page.html; printf '\0'; } | array page_html
array style_css <style.css
hash STYLE_HASH <style.css
script | array app_js
script | hash SCRIPT_HASH
