// SPDX-License-Identifier: MIT
// All buffers over time: only the rows and the stretch of time that are visible are drawn.

const ROW = 26, SUB = 22, HEAD = 26;

const view = {from: 0, to: 1, rows: [], selected: 0, open: new Set(), onlyBad: false, text: ""};

// From shortly before the first event of a buffer to shortly after the last one.
function extent() {
	let from = Infinity, to = 0;
	for (const b of page.buffers) {
		for (const lane of b.lanes) {
			if (!lane.start.length || lane.kind === "cpu") continue;
			from = Math.min(from, lane.start[0]);
			to = Math.max(to, lane.end[lane.end.length - 1]);
		}
		for (const f of b.findings) { from = Math.min(from, f.access.t); to = Math.max(to, f.access.t); }
		if (b.times.length) { from = Math.min(from, b.times[0]); to = Math.max(to, b.times[b.times.length - 1]); }
	}
	if (from > to) { from = 0; to = Math.max(page.length, 1000); }
	const pad = Math.max((to - from) * 0.02, 500);
	return [Math.max(0, from - pad), to + pad];
}

// Rows from top to bottom: a buffer, and its lanes when it is unfolded.
function layout() {
	const word = view.text.toLowerCase();
	let y = HEAD;
	view.rows = [];
	for (const b of page.buffers) {
		if (view.onlyBad && !b.findings.length || word && !(b.id + " " + b.name).toLowerCase().includes(word)) continue;
		const lanes = view.open.has(b) ? b.sorted : [];
		view.rows.push({b, y, height: ROW + lanes.length * SUB, lanes});
		y += ROW + lanes.length * SUB;
	}
	view.height = y + 6;
	view.selected = Math.max(0, Math.min(view.selected, view.rows.length - 1));
}

// ---- drawing ----

const ink = {};

function readInk() {
	const style = getComputedStyle(document.documentElement);
	for (const name of ["panel", "sunken", "ink", "muted", "line", "focus", "error", "dev-w", "dev-r", "bracket", "none", "read", "write", "full", "accent", "dev-w-ink", "dev-r-ink", "bracket-ink", "right-ink"])
		ink[name] = style.getPropertyValue("--" + name).trim();
	ink.w = ink["dev-w"]; ink.r = ink["dev-r"]; ink.b = ink.bracket;
	ink.hatch = {};
}

function hatch(c, name) {
	if (ink.hatch[name]) return ink.hatch[name];
	const tile = el("canvas"), t = tile.getContext("2d");
	tile.width = tile.height = 8;
	t.fillStyle = ink[name];
	t.fillRect(0, 0, 8, 8);
	t.strokeStyle = ink.panel;
	t.globalAlpha = 0.5;
	t.lineWidth = 1.6;
	t.beginPath();
	for (const d of [-8, 0, 8]) { t.moveTo(d - 1, 9); t.lineTo(d + 9, -1); }
	t.stroke();
	return ink.hatch[name] = c.createPattern(tile, "repeat");
}

const scaleX = p => t => p.left + (t - view.from) / (view.to - view.from) * p.width;

// Spans of a lane, neighbours within a pixel as one.
function drawSpans(p, lane, y, height, words) {
	const x = scaleX(p), last = p.left + p.width;
	let end = -1;
	for (let i = lower(lane.end, view.from); i < lane.start.length && lane.start[i] < view.to; i++) {
		const left = Math.max(x(lane.start[i]), p.left), right = Math.min(Math.max(x(lane.end[i]), left + 1), last);
		if (right - end < 1) continue;
		const cls = spanClass(lane, lane.v[i]);
		p.c.fillStyle = cls === "r" || cls === "none" ? hatch(p.c, cls) : ink[cls];
		p.c.fillRect(Math.max(left, end), y, right - Math.max(left, end), height);
		if (right - left > 4) { p.c.fillStyle = ink.panel; p.c.fillRect(right - 1, y, 1, height); }
		if (words && right - left > 76) drawWord(p, spanWord(lane, lane.v[i]), cls, left + 6, y + height / 2, right - left - 10);
		end = right;
	}
}

function drawWord(p, text, cls, x, y, room) {
	p.c.font = "600 11px system-ui, sans-serif";
	if (p.c.measureText(text).width > room) return;
	p.c.fillStyle = ink[{w: "dev-w-ink", r: "dev-r-ink", b: "bracket-ink"}[cls] || "right-ink"];
	p.c.fillText(text, x, y + 4);
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const density = (b, channel, bin) => Math.max(0, digits.indexOf(b.bins[channel][bin] || "A")) / 63;

// Where not every span is in the page: how much of the time somebody held the buffer.
function drawDensity(p, b, y, height) {
	const x = scaleX(p), size = page.time.bin;
	for (let bin = Math.floor(view.from / size); bin * size < view.to; bin++) {
		const left = Math.max(x(bin * size), p.left), width = Math.min(x((bin + 1) * size), p.left + p.width) - left;
		let top = y + height;
		["w", "r", "b"].forEach((cls, channel) => {
			const h = Math.min(density(b, channel, bin) * height, top - y);
			p.c.fillStyle = ink[cls];
			p.c.globalAlpha = 0.28;
			p.c.fillRect(left, top - h, width + 0.4, h);
			top -= h;
		});
	}
	p.c.globalAlpha = 1;
}

function drawTicks(p, b, y, height) {
	const x = scaleX(p);
	let end = -9;
	for (let i = lower(b.times, view.from); i < b.points.length && b.times[i] < view.to; i++) {
		const [t, kind, value] = b.points[i], bad = kind === ITEM.failed || kind === ITEM.access && value & 4;
		const at = Math.round(x(t));
		if (kind !== ITEM.access && !bad || at - end < 2 && !bad) continue;
		p.c.fillStyle = bad ? ink.error : ink.ink;
		p.c.fillRect(at, y + (bad ? 0 : height / 2), 1.4, bad ? height : height / 2);
		end = at;
	}
}

// Moments of the kernel's side, in a lane of their own.
function drawCalls(p, b, lane, y, height) {
	const x = scaleX(p);
	let end = -9;
	for (let i = lower(b.times, view.from); i < b.points.length && b.times[i] < view.to; i++) {
		const at = Math.round(x(b.times[i]));
		if (b.points[i][1] !== ITEM.kernel || b.lanes[b.points[i][3]] !== lane || at - end < 2) continue;
		p.c.fillStyle = ink.ink;
		p.c.fillRect(at, y, 1.4, height);
		end = at;
	}
}

function drawFindings(p, b, y) {
	const x = scaleX(p);
	let end = -99;
	for (const f of b.findings) {
		const at = x(f.access.t);
		if (at < p.left - 6 || at > p.left + p.width + 6 || Math.abs(at - end) < 3) continue;
		p.c.fillStyle = ink.error;
		p.c.strokeStyle = ink.panel;
		p.c.lineWidth = 1.5;
		p.c.beginPath();
		p.c.moveTo(at - 6, y + 1); p.c.lineTo(at + 6, y + 1); p.c.lineTo(at, y + 11); p.c.closePath();
		p.c.stroke();
		p.c.fill();
		end = at;
	}
}

function clipped(p, text, x, y, room) {
	if (p.c.measureText(text).width > room) {
		let low = 0, high = text.length;
		while (low < high) {
			const middle = low + high + 1 >> 1;
			if (p.c.measureText(text.slice(0, middle) + "\u2026").width <= room) low = middle;
			else high = middle - 1;
		}
		text = text.slice(0, low) + "\u2026";
	}
	p.c.fillText(text, x, y);
}

function drawRow(p, row, i, top) {
	const y = row.y - top, b = row.b;
	p.c.fillStyle = i === view.selected ? ink.sunken : i % 2 ? ink.panel : ink.panel;
	p.c.fillRect(0, y, p.total, row.height);
	p.c.fillStyle = ink.line;
	p.c.fillRect(0, y + row.height - 1, p.total, 1);
	if (i === view.selected) { p.c.fillStyle = ink.accent; p.c.fillRect(0, y, 3, row.height - 1); }
	p.c.font = (b.findings.length ? "600 " : "") + "12px system-ui, sans-serif";
	p.c.fillStyle = ink.muted;
	p.c.fillText(row.lanes.length ? "\u25be" : "\u25b8", 7, y + 17);
	p.c.fillStyle = b.findings.length ? ink.error : ink.ink;
	clipped(p, b.id + "  " + b.name, 20, y + 17, p.left - 26);
	if (thinned) drawDensity(p, b, y + 3, ROW - 8);
	for (const lane of b.sorted)
		if (lane.kind === "device" || lane.kind === "bracket") drawSpans(p, lane, lane.kind === "bracket" ? y + ROW - 10 : y + 4, lane.kind === "bracket" ? 5 : ROW - 10, !b.findings.length && lane.kind === "device");
	drawTicks(p, b, y + 4, ROW - 8);
	row.lanes.forEach((lane, k) => {
		const at = y + ROW + k * SUB;
		p.c.fillStyle = ink.muted;
		p.c.font = "12px system-ui, sans-serif";
		clipped(p, laneName(lane), 28, at + 15, p.left - 34);
		drawSpans(p, lane, at + 2, SUB - 5, true);
		if (lane.track === "calls") drawCalls(p, b, lane, at + 4, SUB - 9);
	});
	drawFindings(p, b, y);
}

function drawAxis(p) {
	const span = view.to - view.from, size = step(span, Math.max(2, p.width / 120)), x = scaleX(p);
	p.c.fillStyle = ink.panel;
	p.c.fillRect(0, 0, p.total, HEAD);
	p.c.font = "11px system-ui, sans-serif";
	p.c.textAlign = "center";
	for (let k = Math.ceil(view.from / size); k * size <= view.to; k++) {
		const at = x(k * size);
		p.c.fillStyle = ink.line;
		p.c.fillRect(at, HEAD - 6, 1, p.high);
		p.c.fillStyle = ink.muted;
		if (at > p.left + 20 && at < p.left + p.width - 20) p.c.fillText(axisLabel(k * size, size), at, 15);
	}
	p.c.textAlign = "left";
	p.c.fillText("time \u2192", 8, 15);
	p.c.fillStyle = ink.line;
	p.c.fillRect(0, HEAD - 1, p.total, 1);
}

// Enough digits to tell neighbours apart, in one unit for the whole axis.
function axisLabel(t, size) {
	const [unit, name] = view.to >= 1e9 ? [1e9, "s"] : view.to >= 1e6 ? [1e6, "ms"] : view.to >= 1e3 ? [1e3, "\u00b5s"] : [1, "ns"];
	return (t / unit).toFixed(Math.max(0, Math.min(9, Math.ceil(Math.log10(unit / size) - 1e-9)))) + " " + name;
}
