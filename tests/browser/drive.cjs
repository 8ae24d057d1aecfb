// SPDX-License-Identifier: MIT
// Drives reports in Chromium: drive.cjs DIRECTORY, where tests/browser/run has put the pages.
"use strict";
const fs = require("fs");
const path = require("path");
const {browser, group, results} = require("./lib.cjs");
const findings = require("./findings.cjs");
const timeline = require("./timeline.cjs");
const other = require("./other.cjs");

async function main(dir) {
	const chrome = await browser(), at = name => path.join(dir, name + ".html");
	if (fs.existsSync(at("l1"))) {
		await findings(chrome, at("l1"));
		await timeline(chrome, at("l1"));
	}
	await other.hostile(chrome, fs.readdirSync(dir).filter(f => /^hostile-.*\.html$/.test(f)).map(f => path.join(dir, f)));
	await other.source(chrome, at("source"));
	await other.several(chrome, at("several"));
	for (const name of ["kernel", "kernel-real"])
		if (fs.existsSync(at(name))) await other.kernel(chrome, at(name));
	await other.clean(chrome, at("clean"));
	for (const name of ["1-million", "10-million", "many-buffers"])
		await other.large(chrome, name, at(name), 2000);
	await chrome.close();
	console.log("browser: " + results.passed + " passed, " + results.failed + " failed");
	process.exitCode = results.failed ? 1 : 0;
}

group("browser", () => main(process.argv[2]));
