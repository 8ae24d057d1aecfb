// SPDX-License-Identifier: MIT
// How often buffers changed hands and how long each side held them.

const SUBS = 8; // buckets per power of two, as core/latency.h has them

// The smallest value of a bucket.
const bucketFloor = i => i < SUBS ? i : (SUBS + i % SUBS) * 2 ** (Math.floor(i / SUBS) - 1);

function addLatency(sum, l) {
	if (!l || !l.n) return;
	sum.n += l.n;
	sum.total += l.sum;
	sum.min = Math.min(sum.min, l.min);
	sum.max = Math.max(sum.max, l.max);
	for (let i = 0; i < l.buckets.length; i += 2)
		sum.buckets.set(l.buckets[i], (sum.buckets.get(l.buckets[i]) || 0) + l.buckets[i + 1]);
}

function share(sum, percent) {
	let left = sum.n * percent / 100;
	for (const i of [...sum.buckets.keys()].sort((x, y) => x - y)) {
		left -= sum.buckets.get(i);
		if (left <= 0) return Math.min(Math.max((bucketFloor(i) + bucketFloor(i + 1)) / 2, sum.min), sum.max);
	}
	return sum.max;
}

// Who held buffers, each with what all buffers say together: devices by queue, then the CPU.
function holders() {
	const sums = new Map(), get = (name, cls) => {
		if (!sums.has(name)) sums.set(name, {name, cls, n: 0, total: 0, min: Infinity, max: 0, buckets: new Map()});
		return sums.get(name);
	};
	for (const b of page.buffers)
		for (const lane of b.lanes)
			if (lane.held && lane.held.n) addLatency(get("Held by " + deviceName(lane), lane.queue === "output" ? "r" : "w"), lane.held);
	for (const b of page.buffers)
		if (b.cpu.n) addLatency(get("Held by the CPU, between two hand-overs", "b"), b.cpu);
	return [...sums.values()];
}

function histogram(sum) {
	const W = 360, H = 130, base = 104, coarse = new Map(), part = 4;
	for (const [i, n] of sum.buckets) coarse.set(Math.floor(i / part), (coarse.get(Math.floor(i / part)) || 0) + n);
	let low = Math.min(...coarse.keys()) - 1, high = Math.max(...coarse.keys()) + 2;
	while (high - low < 8) { low--; high++; }
	low = Math.max(0, low);
	const most = Math.max(...coarse.values()), x = i => 8 + (i - low) / (high - low) * (W - 16), width = (W - 16) / (high - low);
	const bars = [...coarse].map(([i, n]) => svg("g", null, svg("title", null, duration(bucketFloor(i * part)) + " to " + duration(bucketFloor((i + 1) * part)) + ": " + plural(n, "time")),
		block(sum.cls, x(i) + 0.5, base - Math.max(2, n / most * 84), Math.max(1, width - 1), Math.max(2, n / most * 84))));
	return svg("svg", {viewBox: "0 0 " + W + " " + H, role: "img", "aria-label": sum.name + ": median " + duration(share(sum, 50)) + ", maximum " + duration(sum.max)},
		svg("path", {d: "M8 " + base + ".5H" + (W - 8), class: "grid"}), bars, ticks(low, high, x, part, base, sum));
}

function ticks(low, high, x, part, base) {
	const parts = [];
	let last = -99;
	for (let i = low; i <= high; i++) {
		if (x(i) - last < 66 || x(i) > 320) continue;
		parts.push(svg("path", {d: "M" + x(i) + " " + base + "v4", class: "grid"}), svg("text", {x: x(i), y: base + 17, class: "axis"}, duration(bucketFloor(i * part))));
		last = x(i);
	}
	return parts;
}

function holderFigure(sum) {
	return el("div", {class: "panel pad"}, el("h3", null, sum.name),
		el("p", null, plural(sum.n, "time") + " \u00b7 median " + duration(share(sum, 50)) + " \u00b7 95 % " + duration(share(sum, 95)) + " \u00b7 " + duration(sum.min) + " to " + duration(sum.max)),
		histogram(sum));
}

// ---- one row per buffer ----

function spread(l, low, high, cls) {
	const x = ns => Math.round((Math.log10(Math.max(ns, 1)) - low) / (high - low) * 150) + 4;
	return svg("svg", {width: 160, height: 18, role: "img", "aria-label": "from " + duration(l.min) + " to " + duration(l.max) + ", median " + duration(l.median)},
		svg("path", {d: "M" + x(l.min) + " 9H" + Math.max(x(l.max), x(l.min) + 1), class: "tick-ok"}),
		block(cls, x(l.median), 4, Math.max(3, x(l.p95) - x(l.median)), 10),
		svg("path", {d: "M" + x(l.median) + " 2v14", class: "mark-neutral tick-ok"}));
}

function deviceLatency(b) {
	return b.lanes.filter(l => l.held && l.held.n).reduce((best, l) => !best || l.held.n > best.n ? l.held : best, null);
}

function bufferRow(b, most, low, high) {
	const n = b.claims + b.releases, held = deviceLatency(b);
	const cell = (l, cls) => el("td", {class: "num"}, l && l.n ? [duration(l.median) + " / " + duration(l.max), el("div", null, spread(l, low, high, cls))] : "\u2013");
	const bar = svg("svg", {width: 84, height: 10, "aria-hidden": "true"}, svg("rect", {width: Math.max(1, n / most * 84), height: 10, rx: 2, class: "s-w"}));
	return el("tr", null, el("td", {class: "num"}, String(b.id)), el("td", {class: "wrap"}, b.name, el("div", {class: "muted"}, [bytes(b.size), b.exporter].filter(Boolean).join(", "))),
		el("td", {class: "num"}, count(n), el("div", null, bar)), cell(held, "w"), cell(b.cpu, "b"),
		el("td", {class: "num"}, b.failed_syncs ? count(b.syncs) + " (" + count(b.failed_syncs) + " failed)" : count(b.syncs)),
		el("td", {class: "num"}, b.findings.length ? el("a", {href: "#" + b.findings[0].token}, String(b.findings.length)) : "0"));
}

function bufferTable() {
	const all = page.buffers.flatMap(b => [deviceLatency(b), b.cpu]).filter(l => l && l.n);
	const low = Math.floor(Math.log10(Math.max(1, Math.min(...all.map(l => l.min), 1e12)))), high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...all.map(l => l.max), 10))));
	const most = Math.max(...page.buffers.map(b => b.claims + b.releases), 1), body = el("tbody");
	const draw = n => body.replaceChildren(...page.buffers.slice(0, n).map(b => bufferRow(b, most, low, high)));
	const more = el("button", {class: "btn", type: "button", onclick: () => { draw(page.buffers.length); more.remove(); }}, "Show all " + count(page.buffers.length) + " buffers");
	draw(12);
	const head = [["No.", "num"], ["Buffer"], ["Hand-overs", "num"], ["Device held it: median / max", "num"], ["CPU held it: median / max", "num"], ["SYNC", "num"], ["Findings", "num"]];
	return el("div", {class: "panel pad"}, el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Hand-overs of each buffer"},
		el("table", {class: "wide"}, el("thead", null, el("tr", null, head.map(([text, cls]) => el("th", {scope: "col", class: cls}, text)))), body)),
		el("p", {class: "muted"}, "Bars from the median to 95 %, lines from the least to the most, on a logarithmic scale."),
		page.buffers.length > 12 && el("p", null, more));
}

function plotsSection() {
	if (!page.buffers.length) return null;
	return el("section", {id: "handovers", "aria-labelledby": "h-handovers"},
		el("header", null, el("h2", {id: "h-handovers"}, "Hand-overs and latencies"), el("p", null, "time on a logarithmic scale")),
		el("div", {class: "plots"}, holders().slice(0, 12).map(holderFigure)), bufferTable());
}
