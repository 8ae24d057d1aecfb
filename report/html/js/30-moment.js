// SPDX-License-Identifier: MIT
// One buffer around one finding, as a drawing: lanes, the access, and what forbade it.

const LANE = 24, GAP = 7, TOP = 34;

// From before the event that forbade the access to the end of what it began.
function momentWindow(f) {
	const t = f.access.t, p = f.prior ? f.prior.t : t;
	let from = Math.min(p, t), to = Math.max(p, t);
	const reach = Math.max(to - from, 1000);
	for (const lane of f.at ? f.at.lanes : []) {
		const i = lower(lane.end, t);
		if (lane.kind === "cpu" || i >= lane.start.length || lane.start[i] > t) continue;
		if (lane.end[i] - t <= 6 * reach) to = Math.max(to, lane.end[i]);
		if (t - lane.start[i] <= 6 * reach) from = Math.min(from, lane.start[i]);
	}
	const pad = Math.max((to - from) * 0.18, 500);
	return [Math.max(0, from - pad), to + pad];
}

// Hatching, so that kinds differ without colour: defined once, used by every drawing.
function patterns() {
	const line = (id, d, cls) => svg("pattern", {id, width: 7, height: 7, patternUnits: "userSpaceOnUse"}, svg("path", {d, class: cls}));
	return svg("svg", {width: 0, height: 0, "aria-hidden": "true", class: "visually-hidden"}, svg("defs", null,
		line("p-r", "M-1 8L8 -1M-2 2L2 -2M5 9L9 5", "hatch"), line("p-b", "M0 3.5H7", "hatch"), line("p-none", "M-1 -1L8 8M-1 8L8 -1", "hatch-none")));
}
const hatched = {r: true, b: true, none: true};

function block(cls, x, y, w, h) {
	return [svg("rect", {x, y, width: w, height: h, rx: 2, class: "s-" + cls}),
		hatched[cls] && svg("rect", {x, y, width: w, height: h, rx: 2, fill: "url(#p-" + cls + ")"})];
}

function momentSpans(lane, y, x, from, to) {
	const parts = [];
	for (let i = lower(lane.end, from); i < lane.start.length && lane.start[i] < to; i++) {
		const left = x(Math.max(lane.start[i], from)), right = x(Math.min(lane.end[i], to));
		const cls = spanClass(lane, lane.v[i]), word = spanWord(lane, lane.v[i]);
		parts.push(svg("g", null, svg("title", null, word + "\n" + duration(lane.end[i] - lane.start[i]) + "\n" + who(lane.b[i]) + " \u2192 " + who(lane.e[i])),
			block(cls, left, y, Math.max(right - left, 1), LANE),
			lane.start[i] >= from && svg("path", {d: "M" + left + " " + y + "v" + LANE, class: "edge"})));
		if (right - left > word.length * 6.4 + 12)
			parts.push(svg("text", {x: left + 7, y: y + 16, class: "in t-" + ("wrb".includes(cls) ? cls : "right")}, word));
	}
	return parts;
}

function momentPoints(b, rows, x, from, to, f) {
	const parts = [];
	for (let i = lower(b.times, from); i < b.points.length && b.times[i] < to; i++) {
		const p = b.points[i], y = rows.get(b.lanes[p[3]]);
		if (p[1] !== ITEM.access && p[1] !== ITEM.failed && p[1] !== ITEM.kernel || y === undefined || p[0] === f.access.t) continue;
		parts.push(svg("path", {d: "M" + x(p[0]) + " " + (y + 3) + "v" + (LANE - 6), class: p[1] === ITEM.failed || p[2] & 4 ? "mark" : "tick-ok"},
			svg("title", null, pointWord(p) + "\n" + who(p[4]))));
	}
	return parts;
}

function momentMark(at, bottom, text, width, kind, right) {
	const flip = right === undefined ? at + text.length * 6.6 + 12 > width : !right;
	const head = kind === "mark" ? "M" + (at - 6) + " 20h12l-6 9z" : "M" + at + " 19l5 5-5 5-5-5z";
	return [svg("path", {d: "M" + at + " 24V" + bottom, class: kind}), svg("path", {d: head, class: kind + "-fill"}),
		svg("text", {x: flip ? at - 9 : at + 9, y: 14, "text-anchor": flip ? "end" : "start", class: "in " + kind + "-fill"}, text)];
}

function momentAxis(f, x, from, to, y, width) {
	const parts = [], size = step(to - from, Math.max(2, width / 110));
	for (let k = Math.ceil((from - f.access.t) / size); k * size + f.access.t < to; k++) {
		const at = x(f.access.t + k * size);
		parts.push(svg("path", {d: "M" + at + " " + TOP + "V" + y, class: "grid"}),
			svg("text", {x: at, y: y + 14, "text-anchor": "middle", class: "axis"}, k ? (k > 0 ? "+" : "") + duration(k * size) : "access"));
	}
	return parts;
}

function momentMarks(f, x, y, width) {
	const word = f.op === "call" ? f.access.what : f.op;
	const access = x(f.access.t), prior = f.prior ? x(f.prior.t) : 0;
	const crowded = f.prior && access - prior < 160;
	return [f.prior && momentMark(prior, y, f.prior.what.length < 30 ? f.prior.what : f.prior.what.slice(0, 28) + "\u2026", width, "prior", crowded ? prior < 110 ? undefined : false : undefined),
		momentMark(access, y, word + ", " + f.rule, width, "mark", crowded && access + 110 < width ? true : undefined)];
}

function drawMoment(f, total) {
	const narrow = total < 520, left = narrow ? 0 : 190, width = total - left - 12;
	const [from, to] = momentWindow(f), x = t => left + (t - from) / (to - from) * width;
	const rows = new Map(), parts = [], pitch = LANE + GAP + (narrow ? 15 : 0);
	let y = TOP + 4;
	for (const lane of f.at.sorted) {
		const at = y + (narrow ? 15 : 0), name = laneName(lane);
		rows.set(lane, at);
		parts.push(svg("text", {x: 0, y: narrow ? y + 11 : y + 16, class: "lane-label"}, svg("title", null, name), narrow || name.length < 29 ? name : name.slice(0, 27) + "\u2026"),
			momentSpans(lane, at, x, from, to));
		y += pitch;
	}
	return svg("svg", {width: total, height: y + 20, viewBox: "0 0 " + total + " " + (y + 20), role: "img", "aria-label": momentLabel(f)},
		momentAxis(f, x, from, to, y, width), parts, momentPoints(f.at, rows, x, from, to, f), momentMarks(f, x, y, total));
}

function momentLabel(f) {
	return "Lanes of " + bufferName(f) + " around the moment. " +
		(f.prior ? f.prior.what + " came " + duration(f.access.t - f.prior.t) + " before the access." : "");
}

function legend(items) {
	return el("ul", {class: "legend"}, items.map(([cls, text]) =>
		el("li", null, svg("svg", {viewBox: "0 0 24 13", "aria-hidden": "true"}, block(cls, 0, 0, 24, 13)), text)));
}
const kinds = [["w", "device writes"], ["r", "device reads"], ["b", "SYNC bracket"]];
const rights = [["full", "CPU may read and write"], ["read", "read only"], ["write", "write only"], ["none", "no access"]];

function moment(f, show) {
	if (!f.at || !f.at.lanes.length) return null;
	const box = el("div"), observer = new ResizeObserver(entries => {
		const width = Math.floor(entries[0].contentRect.width);
		if (width > 0 && width !== box.drawn) box.replaceChildren(drawMoment(f, box.drawn = width));
	});
	observer.observe(box);
	return el("figure", {class: "fig"},
		el("h4", null, "This buffer around the moment"), box,
		legend(kinds.concat(rights)),
		el("div", {class: "foot"}, el("button", {class: "btn quiet", type: "button", onclick: () => show(f)}, "Show in the timeline of all buffers")));
}
