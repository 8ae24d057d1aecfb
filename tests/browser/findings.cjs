// SPDX-License-Identifier: MIT
// The list of findings of a real run: filter, search, sort, links, themes, keyboard, paper.
"use strict";
const fs = require("fs");
const path = require("path");
const {accessible, check, equal, group, open, quiet, shot, shots} = require("./lib.cjs");

const visible = page => page.$$eval(".finding", list => list.map(f => f.id));
const status = page => page.textContent("#findings header [role=status]");

async function filtering(page) {
	const all = await visible(page), errors = all.filter(t => t.startsWith("OWN01")), warnings = all.filter(t => t.startsWith("LIF02"));
	check("L1: the errors come first", errors.length === 4 && all.slice(0, 4).join() === errors.join(), all.join(" "));
	await page.click("button[data-severity=error]");
	equal("filter: without errors the warnings are left", (await visible(page)).join(), warnings.join());
	check("filter: the count is told", (await status(page)).startsWith("4 of 8"), await status(page));
	await page.click("button[data-severity=error]");
	await page.selectOption("select[aria-label=Rule]", "OWN01");
	equal("filter: one rule", (await visible(page)).join(), errors.join());
	await page.selectOption("select[aria-label=Rule]", "");
	await page.fill("input[type=search][aria-label='Search findings']", "\"buffer 2\"");
	equal("search: two words of a buffer's name", (await visible(page)).length, 2);
	await page.fill("input[type=search][aria-label='Search findings']", "no such thing");
	check("search: nothing matches, and that is said", (await page.textContent("#findings .list")).includes("No finding matches"));
	await page.fill("input[type=search][aria-label='Search findings']", errors[3]);
	equal("search: a token", (await visible(page)).join(), errors[3]);
	await page.fill("input[type=search][aria-label='Search findings']", "");
	await page.selectOption("select[aria-label='Sort by']", "rule");
	check("sort: by rule", (await visible(page))[0].startsWith("LIF02"));
	await page.selectOption("select[aria-label='Sort by']", "count");
	check("sort: by count", (await visible(page))[0].startsWith("OWN01"));
	await page.selectOption("select[aria-label='Sort by']", "severity");
	return errors;
}

async function content(page, token) {
	const body = await page.textContent("#" + token);
	check("finding: says what happened", /wrote 1.byte at offset 32 of capture buffer \d of \/dev\/video\d while \/dev\/video\d was writing it/.test(body), body.slice(0, 300));
	check("finding: both stacks, down to the program", (await page.$$eval("#" + token + " .stack", l => l.map(s => s.textContent.includes("v4l2-ctl")).join())) === "true,true");
	check("finding: the buffer's lanes, with access and hand-over marked", (await page.$$("#" + token + " .fig svg[role=img] .mark-fill")).length >= 2 &&
		(await page.$$("#" + token + " .fig svg[role=img] .prior-fill")).length >= 2);
	check("finding: what it means on three kinds of machine", (await page.$$("#" + token + " .means > div")).length === 3);
	check("finding: the fix as code", (await page.$$("#" + token + " pre.code.right")).length === 1);
}

// A link to one finding, in a page that has just been opened and in one that is open.
async function links(chrome, file, tokens) {
	const {page, context} = await open(chrome, file, {}, "#" + tokens[2]);
	// the page scrolls smoothly: it may take a while on a busy machine
	const there = token => page.waitForFunction(t => {
		const box = document.getElementById(t).getBoundingClientRect();
		return box.top >= 0 && box.top < innerHeight / 2 && !document.getElementById("body-" + t).hidden;
	}, token, {timeout: 5000}).then(() => true, () => false);
	check("link: a page opened with a token shows that finding, unfolded", await there(tokens[2]));
	equal("link: and the focus is on it", await page.evaluate(() => document.activeElement.id), tokens[2]);
	await page.click("button[data-severity=error]");
	await page.evaluate(t => { location.hash = t; }, tokens[3]);
	check("link: to a finding that the filter hides shows it all the same", await there(tokens[3]));
	await context.close();
}

async function theme(page) {
	const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor), before = await color();
	await page.click("button[aria-label='Switch between light and dark']");
	const after = await color();
	check("theme: the button changes the palette", before !== after, before);
	await page.reload();
	await page.waitForSelector("html[data-ready]", {state: "attached"});
	await page.click("button[aria-label='Switch between light and dark']");
	equal("theme: and back", await color(), before);
}

// Without a pointer: from the top of the page to an unfolded finding and a changed filter.
async function keyboardOnly(chrome, file) {
	const {page, context} = await open(chrome, file);
	await page.keyboard.press("Tab");
	equal("keyboard: the first stop skips to the findings", await page.evaluate(() => document.activeElement.textContent), "Skip to the findings");
	const stop = async test => {
		for (let i = 0; i < 40; i++) {
			await page.keyboard.press("Tab");
			if (await page.evaluate(test)) return true;
		}
		return false;
	};
	check("keyboard: Tab reaches a filter", await stop(() => document.activeElement.dataset.severity === "error"));
	await page.keyboard.press("Space");
	equal("keyboard: Space switches it", await page.getAttribute("button[data-severity=error]", "aria-pressed"), "false");
	await page.keyboard.press("Space");
	check("keyboard: Tab reaches a finding", await stop(() => document.activeElement.className === "fold"));
	const was = await page.evaluate(() => document.activeElement.getAttribute("aria-expanded"));
	await page.keyboard.press("Enter");
	check("keyboard: Enter folds it", await page.evaluate(() => document.activeElement.getAttribute("aria-expanded")) !== was);
	equal("keyboard: and what is folded is not visible", await page.$$eval(".finding .body", l => l.filter(b => b.getAttribute("hidden") !== null && b.offsetHeight).length), 0);
	check("keyboard: the focus is visible", await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle) !== "none");
	await context.close();
}

async function paper(page) {
	const folded = await page.$$eval(".finding .body", l => l.filter(b => b.hidden).length);
	await page.evaluate(() => addEventListener("beforeprint", () => { window.printed = document.querySelectorAll(".finding .body:not([hidden])").length; }));
	const pdf = await page.pdf({path: path.join(shots, "l1.pdf"), format: "A4", printBackground: true});
	check("print: a PDF of some pages", pdf.subarray(0, 5).toString() === "%PDF-" && (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) || []).length >= 3, pdf.length + " bytes");
	equal("print: every finding is unfolded on paper", await page.evaluate(() => window.printed), 8);
	equal("print: and folded again afterwards", await page.$$eval(".finding .body", l => l.filter(b => b.hidden).length), folded);
}

async function views(chrome, file) {
	for (const colorScheme of ["light", "dark"]) {
		const {page, context} = await open(chrome, file, {colorScheme});
		await page.click("text=Expand all");
		await accessible("L1, " + colorScheme, page);
		await page.click("text=Fold all");
		await page.click(".finding .fold >> nth=0");
		for (const id of ["verdict", "findings", "timeline", "handovers", "coverage"]) {
			await page.evaluate(i => document.getElementById(i).scrollIntoView({behavior: "instant", block: "start"}), id);
			await shot(page, id + "-" + colorScheme);
		}
		await context.close();
	}
}

async function narrow(chrome, file) {
	for (const width of [390, 320]) {
		const {page, context} = await open(chrome, file, {viewport: {width, height: 800}, isMobile: true, hasTouch: true, deviceScaleFactor: 2});
		await page.click("text=Expand all");
		equal("narrow: " + width + " pixels need no sideways scrolling", await page.evaluate(() => document.documentElement.scrollWidth), width);
		if (width === 390) {
			await accessible("L1, narrow", page);
			await page.click("text=Fold all");
			await page.click(".finding .fold >> nth=0");
			await page.evaluate(() => scrollTo(0, 0));
			await shot(page, "narrow", {fullPage: true});
		}
		await context.close();
	}
}

module.exports = async function (chrome, file) {
	await group("findings of a real L1 run", async () => {
		const {page, context, seen, ms} = await open(chrome, file);
		check("L1: ready within 2 s", ms < 2000, ms.toFixed(0) + " ms");
		check("L1: the title is the verdict", /^4 errors, 4 warnings in 4 of 4 buffers . dmasan$/u.test((await page.title()).replace(/\u00a0/g, " ")), await page.title());
		const tokens = await filtering(page);
		await content(page, tokens[0]);
		await theme(page);
		await keyboardOnly(chrome, file);
		await paper(page);
		quiet("L1", {...seen, requests: seen.requests.filter((u, i) => seen.requests.indexOf(u) === i)});
		await context.close();
		await links(chrome, file, tokens);
	});
	await group("views, light, dark and narrow", async () => {
		await views(chrome, file);
		await narrow(chrome, file);
	});
	await group("without scripts", async () => {
		const {page, context} = await open(chrome, file, {javaScriptEnabled: false});
		check("without scripts the page says what to do", (await page.textContent("noscript")).includes("dmasan report DIR"));
		await context.close();
	});
	check("the page loads no file of ours", !/src=|href="http|@import|url\(http/.test(fs.readFileSync(file, "utf8").split('id="data"')[0]));
};
