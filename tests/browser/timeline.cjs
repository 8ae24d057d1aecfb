// SPDX-License-Identifier: MIT
// The timeline of all buffers: mouse, wheel, keyboard and touch change one view.
"use strict";
const {check, equal, group, open, quiet, shot} = require("./lib.cjs");

const ROWS = ".tl-rows";
const units = {ns: 1, "\u00b5s": 1e3, ms: 1e6, s: 1e9};
const ns = text => { const [n, unit] = text.split("\u00a0"); return +n.replace("\u2212", "-") * units[unit]; };

// What the status line says: begin, end and length of the view, and the chosen buffer.
async function view(page) {
	await page.waitForTimeout(80);
	const text = await page.textContent("#tl-status"), m = text.match(/^([^ ]+) to ([^ ]+) \(([^ ]+)\)(?: \u00b7 (.*?): )?/);
	return {from: ns(m[1]), to: ns(m[2]), span: ns(m[3]), buffer: m[4] || "", text};
}

const place = async page => {
	await page.evaluate(() => document.getElementById("timeline").scrollIntoView({behavior: "instant"}));
	return (await page.$(ROWS)).boundingBox();
};

async function mouse(page) {
	const box = await place(page), x = box.x + box.width * 0.6, y = box.y + 60, all = await view(page);
	const top = await page.evaluate(() => scrollY);
	await page.mouse.move(x, y);
	await page.mouse.wheel(0, 200);
	await page.waitForTimeout(400);
	equal("mouse: before a click the wheel scrolls the page", (await view(page)).span, all.span);
	check("mouse: and does so", await page.evaluate(() => scrollY) > top);
	await place(page);
	await page.mouse.click(x, y);
	await page.mouse.move(x + 1, y);
	for (let i = 0; i < 3; i++) await page.mouse.wheel(0, -240);
	const near = await view(page);
	check("mouse: after it, the wheel zooms in", near.span < all.span / 2, near.text);
	await page.mouse.down();
	await page.mouse.move(x + 200, y, {steps: 5});
	await page.mouse.up();
	const moved = await view(page);
	check("mouse: dragging moves back in time, without zooming", moved.from < near.from && Math.abs(moved.span / near.span - 1) < 0.05, near.text + " / " + moved.text);
	await page.mouse.move(x, y);
	await page.waitForTimeout(60);
	check("mouse: a span under the pointer is explained", /device (reads|writes)|at /.test(await page.textContent(".tip")), await page.textContent(".tip"));
	await shot(page, "timeline-zoomed");
	for (let i = 0; i < 8; i++) await page.mouse.wheel(0, 240);
	equal("mouse: zooming out ends with everything", (await view(page)).span, all.span);
	const map = await (await page.$(".tl-map")).boundingBox();
	await page.click("button[aria-label='Zoom in']");
	await page.click("button[aria-label='Zoom in']");
	const before = await view(page);
	await page.mouse.click(map.x + map.width * 0.95, map.y + 20);
	check("mouse: the strip above moves the view", (await view(page)).from > before.from);
	await page.click("text=Show all >> nth=0");
}

async function keyboard(page) {
	const press = async key => { await page.keyboard.press(key); return view(page); };
	await page.focus(ROWS);
	const all = await press("0"), near = await press("+");
	check("keyboard: + zooms in", Math.abs(near.span / all.span - 0.5) < 0.02, near.text);
	const right = await press("ArrowRight"), left = await press("ArrowLeft");
	check("keyboard: arrows move", right.from > near.from && Math.abs(left.from - near.from) < all.span / 50, right.text);
	check("keyboard: - zooms out", (await press("-")).span > near.span);
	const first = (await press("Home")).buffer, second = (await press("ArrowDown")).buffer;
	check("keyboard: up and down choose a buffer", first !== second && second !== "", first + " / " + second);
	const high = () => page.evaluate(() => document.querySelector(".tl-rows").scrollHeight + "/" + document.querySelector(".tl-rows").clientHeight), folded = await high();
	await press("Enter");
	check("keyboard: Enter unfolds its lanes", await high() !== folded, folded);
	await press("Enter");
	await press("0");
	for (let i = 0; i < 4; i++) await press("+");
	const at = await press("n"), next = await press("n");
	check("keyboard: n goes on to the next finding", at.from !== next.from || at.buffer !== next.buffer, at.text + " / " + next.text);
	equal("keyboard: p goes back", (await press("p")).text, at.text);
	equal("keyboard: 0 shows all", (await press("0")).span, all.span);
}

async function toFinding(page) {
	const box = await place(page);
	await page.evaluate(() => document.querySelector(".finding .fold").scrollIntoView());
	if (!await page.isVisible("text=Show in the timeline of all buffers >> nth=0")) await page.click(".finding .fold >> nth=0");
	await page.click("text=Show in the timeline of all buffers >> nth=0");
	const v = await view(page);
	check("a finding's button shows it in the timeline", v.span < 2e9 && v.buffer.startsWith("capture buffer"), v.text);
	check("and the timeline has the focus", await page.evaluate(() => document.activeElement.className === "tl-rows"), String(box));
	await page.keyboard.press("0");
	await page.fill("input[aria-label='Search buffers']", "buffer 3");
	check("search: one buffer is left", (await view(page)).buffer.startsWith("capture buffer 3"));
	await page.fill("input[aria-label='Search buffers']", "");
}

// Two fingers, as a tablet sends them.
async function touch(chrome, file) {
	const {page, context, seen} = await open(chrome, file, {hasTouch: true, isMobile: true, viewport: {width: 820, height: 1100}});
	const box = await place(page), cdp = await context.newCDPSession(page), y = box.y + 60, middle = box.x + box.width * 0.6;
	const send = (type, ...x) => cdp.send("Input.dispatchTouchEvent", {type, touchPoints: x.map((at, id) => ({x: at, y, id}))});
	const all = await view(page);
	await send("touchStart", middle - 40, middle + 40);
	for (let d = 50; d <= 160; d += 10) await send("touchMove", middle - d, middle + d);
	await send("touchEnd");
	const near = await view(page);
	check("touch: two fingers zoom in", near.span < all.span / 2, near.text);
	await send("touchStart", middle);
	for (let d = 10; d <= 150; d += 10) await send("touchMove", middle + d);
	await send("touchEnd");
	const moved = await view(page);
	check("touch: one finger moves", moved.from < near.from && Math.abs(moved.span / near.span - 1) < 0.05, near.text + " / " + moved.text);
	await page.waitForTimeout(600); // a tap right after a stroke belongs to the stroke
	await page.tap("button[aria-label='Go to the next finding']");
	const jumped = await page.waitForFunction(was => document.getElementById("tl-status").textContent !== was, moved.text, {timeout: 3000}).catch(() => null);
	check("touch: the buttons work", jumped !== null, moved.text);
	quiet("touch", seen);
	await context.close();
}

module.exports = (chrome, file) => group("timeline", async () => {
	const {page, context, seen} = await open(chrome, file);
	await mouse(page);
	await keyboard(page);
	await toFinding(page);
	quiet("timeline", seen);
	await context.close();
	await touch(chrome, file);
});
