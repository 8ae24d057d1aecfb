// SPDX-License-Identifier: MIT
// Chromium, a page with everything that it may complain about, and results in the form of tests/lib.sh.
"use strict";
const fs = require("fs");
const path = require("path");
const {chromium} = require("playwright-core");

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync"];
const shots = process.env.SHOTS || "build/browser";
const results = {passed: 0, failed: 0};

function check(name, ok, reason) {
	results[ok ? "passed" : "failed"]++;
	console.log(ok ? "ok    " + name : "FAIL  " + name + (reason === undefined ? "" : ": " + reason));
}
const equal = (name, is, wanted) => check(name, is === wanted, JSON.stringify(is) + ", not " + JSON.stringify(wanted));

const browser = () => chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: flags, headless: true});

// Open a report.  `seen` collects what a page must not do: requests, console lines, errors, dialogs.
async function open(chrome, file, options = {}, hash = "") {
	const context = await chrome.newContext({viewport: {width: 1280, height: 900}, ...options});
	const page = await context.newPage(), seen = {requests: [], console: [], dialogs: []};
	page.on("request", r => seen.requests.push(r.url()));
	page.on("console", m => seen.console.push(m.text()));
	page.on("pageerror", e => seen.console.push(String(e.stack || e)));
	page.on("dialog", d => { seen.dialogs.push(d.message()); d.dismiss(); });
	const started = process.hrtime.bigint();
	await page.goto("file://" + path.resolve(file) + hash);
	if (options.javaScriptEnabled !== false) await page.waitForSelector("html[data-ready]", {state: "attached", timeout: 60000});
	return {page, context, seen, ms: Number(process.hrtime.bigint() - started) / 1e6};
}

// What every page must have kept: itself as the only request, an empty console.
function quiet(name, seen) {
	const foreign = seen.requests.filter(url => !url.startsWith("file://") && !url.startsWith("data:"));
	equal(name + ": no request leaves the page", foreign.join(" "), "");
	equal(name + ": nothing but the file itself is loaded", seen.requests.filter(url => url.startsWith("file:")).length, 1);
	equal(name + ": the console is empty", seen.console.join("\n"), "");
	equal(name + ": no dialog opens", seen.dialogs.join(" "), "");
}

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Violations that axe calls serious or critical.  The page's own policy forbids foreign scripts, so axe comes in through the driver.
async function accessible(name, page) {
	await page.evaluate(axe);
	const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ["violations"]}));
	const bad = found.violations.filter(v => v.impact === "serious" || v.impact === "critical");
	equal(name + ": axe-core has no serious finding", bad.map(v => v.id + " at " + v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(", ")).join("; "), "");
}

async function shot(page, name, options = {}) {
	await page.waitForTimeout(120); // a frame or two for what draws itself
	await page.screenshot({path: path.join(shots, name + ".png"), ...options});
}

// One group of cases; what it throws is a failure of its own.
async function group(name, body) {
	console.log("# " + name);
	try {
		await body();
	} catch (e) {
		check(name + " runs to its end", false, String(e.stack || e).split("\n").slice(0, 4).join(" | "));
	}
}

module.exports = {accessible, browser, check, equal, group, open, quiet, results, shot, shots};
