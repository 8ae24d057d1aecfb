// SPDX-License-Identifier: MIT
// Pages of other runs: hostile names, source lines, several runs, nothing at all, and very much.
"use strict";
const fs = require("fs");
const {accessible, check, equal, group, open, quiet, shot} = require("./lib.cjs");

const hostile = (chrome, files) => group("hostile names", async () => {
	for (const file of files) {
		const name = file.replace(/.*\//, "").replace(".html", ""), {page, context, seen} = await open(chrome, file);
		await page.click("text=Expand all");
		const built = await page.evaluate(() => document.querySelectorAll("img, iframe, object, embed, [onerror], [onload]").length + " " + document.scripts.length);
		equal(name + ": no element was made from a name", built, "0 2");
		equal(name + ": the page does not grow sideways", await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
		quiet(name, seen);
		if (name === "hostile-markup") {
			check(name + ": the text is shown as it was", (await page.textContent("#findings")).includes("<img src=x onerror="));
			await accessible(name, page);
			await page.evaluate(() => document.getElementById("findings").scrollIntoView({behavior: "instant"}));
			await shot(page, name);
		}
		await context.close();
	}
});

const source = (chrome, file) => group("source lines", async () => {
	const {page, context, seen} = await open(chrome, file);
	check("the line of the access is quoted and marked", (await page.textContent(".source .hit >> nth=0")).trim().length > 4, await page.textContent(".source .hit >> nth=0"));
	await accessible("source", page);
	await page.evaluate(() => document.getElementById("findings").scrollIntoView({behavior: "instant"}));
	await shot(page, "source");
	quiet("source", seen);
	await context.close();
});

const several = (chrome, file) => group("several runs in one page", async () => {
	const {page, context, seen} = await open(chrome, file);
	await page.click("text=Expand all");
	check("a finding says in which runs it was seen", /Seen in 2 of 3 runs: farm\/board1: 1×, farm\/board2: 4×/.test(await page.textContent("#findings")), "not said");
	await accessible("several runs", page);
	await page.evaluate(() => scrollTo(0, 0));
	await shot(page, "several");
	quiet("several", seen);
	await context.close();
});

// What the kernel saw stands beside what the programs asked for.
const kernel = (chrome, file) => group("the kernel's side", async () => {
	const {page, context, seen} = await open(chrome, file), name = file.replace(/.*\//, "").replace(".html", "");
	const lanes = await page.evaluate(() => [...document.querySelectorAll(".fig .lane-label")].map(x => x.textContent).filter(x => x.includes("kernel: ")));
	check(name + ": a finding's moment has the kernel's lanes", lanes.length > 0, "none");
	check(name + ": what was attached is told", /attached|Attached/.test(await page.textContent("#coverage")) && !(await page.textContent("#coverage")).includes("not recorded"), "no");
	await page.evaluate(() => document.getElementById("timeline").scrollIntoView({behavior: "instant"}));
	await page.focus(".tl-rows");
	await page.keyboard.press("n");
	await page.keyboard.press("Enter");
	await page.waitForTimeout(100);
	await shot(page, name + "-timeline");
	await page.evaluate(() => document.getElementById("coverage").scrollIntoView({behavior: "instant"}));
	await shot(page, name + "-coverage");
	await accessible(name, page);
	quiet(name, seen);
	await context.close();
});

const clean = (chrome, file) => group("a clean run", async () => {
	const {page, context, seen} = await open(chrome, file);
	check("a clean run says so, and on what it is based", (await page.textContent("#verdict h1")).startsWith("Clean: no findings in"), await page.textContent("#verdict h1"));
	await accessible("clean", page);
	await shot(page, "clean");
	quiet("clean", seen);
	await context.close();
});

// Interactive: the page is there, and a click into the filter has been drawn.
async function timed(chrome, name, file) {
	const {page, context, seen, ms} = await open(chrome, file), clicked = Date.now();
	await page.click("button[data-severity] >> nth=0");
	await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
	const total = ms + Date.now() - clicked, size = fs.statSync(file).size;
	console.log("      " + name + ": " + (size / 1048576).toFixed(2) + " MiB, open after " + ms.toFixed(0) + " ms, a click answered after " + total.toFixed(0) + " ms");
	return {page, context, seen, total, size};
}

const large = (chrome, name, file, limits) => group("scale: " + name, async () => {
	let opened = await timed(chrome, name, file);
	// the limit is about the page, not about what else the machine does: the best of three counts
	for (let i = 0; i < 2 && opened.total >= limits; i++) {
		await opened.context.close();
		opened = await timed(chrome, name, file);
	}
	const {page, context, seen, total, size} = opened;
	check(name + ": at most 5 MiB", size <= 5 * 1048576, size + " bytes");
	check(name + ": interactive within " + limits + " ms", total < limits, total.toFixed(0) + " ms");
	check(name + ": what is not shown is told, with the option that shows it", /more spans and points, not shown \(--max \d+ shows all\)/.test(await page.textContent("#timeline")), "not told");
	await page.evaluate(() => document.getElementById("timeline").scrollIntoView({behavior: "instant"}));
	const frames = await page.evaluate(async () => {
		const rows = document.querySelector(".tl-rows"), t0 = performance.now();
		rows.focus();
		for (let i = 0; i < 20; i++) {
			rows.dispatchEvent(new KeyboardEvent("keydown", {key: i % 2 ? "ArrowRight" : "+", bubbles: true}));
			await new Promise(requestAnimationFrame);
		}
		return (performance.now() - t0) / 20;
	});
	check(name + ": a step of zooming is drawn within 100 ms", frames < 100, frames.toFixed(1) + " ms");
	await page.keyboard.press("0");
	await shot(page, "scale-" + name);
	quiet(name, seen);
	await context.close();
});

module.exports = {clean, hostile, kernel, large, several, source};
