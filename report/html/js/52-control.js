// SPDX-License-Identifier: MIT
// Moving around in the timeline: mouse, wheel, touch and keyboard all change the same view.

function timelineSection() {
	const canvas = el("canvas", {"aria-hidden": "true"}), spacer = el("div");
	const rows = el("div", {class: "tl-rows", tabindex: "0", role: "application", "aria-label": "Timeline of all buffers", "aria-describedby": "tl-keys tl-status"}, canvas, spacer);
	const map = el("canvas", {class: "tl-map", "aria-hidden": "true"});
	const status = el("div", {class: "tl-status", id: "tl-status", role: "status"});
	const tl = {canvas, rows, map, spacer, status, pending: false, tip: el("div", {class: "tip", hidden: true})};
	[tl.least, tl.most] = extent();
	[view.from, view.to] = [tl.least, tl.most];
	tl.change = () => {
		layout();
		rows.style.height = Math.round(Math.max(110, Math.min(view.height + 1, innerHeight * 0.7))) + "px"; // 1: its border
		spacer.style.height = Math.max(0, view.height - canvasHeight(tl)) + "px";
		tl.draw();
	};
	unfoldFirst();
	tl.draw = () => {
		if (tl.pending) return;
		tl.pending = true;
		requestAnimationFrame(() => { tl.pending = false; paint(tl); });
	};
	new ResizeObserver(() => tl.change()).observe(rows);
	rows.addEventListener("scroll", () => tl.draw());
	pointers(tl);
	wheel(tl);
	keyboard(tl);
	minimap(tl);
	timelineSection.tl = tl;
	return el("section", {id: "timeline", "aria-labelledby": "h-timeline"},
		el("header", null, el("h2", {id: "h-timeline"}, "All buffers over time"), el("p", null, plural(page.buffers_total, "buffer") + ", " + plural(page.time.total, "span and point", "spans and points"))),
		capNotes(), timelineTools(tl),
		el("div", {class: "panel tl"}, map, rows, status),
		legend(kinds.concat(rights.slice(0, 1), rights.slice(3))),
		el("p", {class: "keys", id: "tl-keys"}, keysHelp()), tl.tip);
}

// A look inside one buffer, where few are on the page.
function unfoldFirst() {
	const first = page.findings.find(f => f.at);
	if (first && page.buffers.length <= 12) view.open.add(first.at);
}

function keysHelp() {
	const key = name => el("kbd", null, name);
	return ["Click into it, then the wheel zooms and dragging moves; ", key("+"), " ", key("\u2212"), " zoom, ", key("\u2190"), " ", key("\u2192"), " move, ",
		key("\u2191"), " ", key("\u2193"), " choose a buffer, ", key("Enter"), " unfolds its lanes, ", key("n"), " ", key("p"), " go to the next and previous finding, ", key("0"), " shows all."];
}

function capNotes() {
	const t = page.time, less = t.total - t.kept, rows = page.buffers_total - page.buffers.length, notes = [];
	if (less > 0)
		notes.push(el("p", {class: "note"}, count(less) + " more spans and points, not shown (--max " + t.total + " shows all). Exact are those around findings and in windows of " + duration(t.window) +
			" every " + duration(t.every) + "; pale bands show how much of the time a buffer was held, from all of them. Totals and latencies count everything."));
	if (rows > 0)
		notes.push(el("p", {class: "note"}, plural(rows, "more buffer") + ", not shown (--max " + page.buffers_total + " shows all)."));
	return notes;
}

function timelineTools(tl) {
	const button = (text, label, act) => el("button", {class: "btn", type: "button", "aria-label": label, onclick: act}, text);
	const search = el("input", {type: "search", placeholder: "Buffer name or number", "aria-label": "Search buffers"});
	const bad = el("input", {type: "checkbox"});
	search.addEventListener("input", () => { view.text = search.value; tl.change(); });
	bad.addEventListener("change", () => { view.onlyBad = bad.checked; tl.change(); });
	return el("div", {class: "tools"}, button("+", "Zoom in", () => zoom(tl, 0.5)), button("\u2212", "Zoom out", () => zoom(tl, 2)), button("Show all", "Show all of the time", () => fit(tl)),
		button("Next finding", "Go to the next finding", () => jump(tl, 1)), search, el("label", null, bad, "only buffers with findings"));
}

const canvasHeight = tl => Math.max(60, Math.min(tl.rows.clientHeight, view.height));

function plane(canvas, width, height) {
	const ratio = window.devicePixelRatio || 1;
	if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
		canvas.width = Math.round(width * ratio);
		canvas.height = Math.round(height * ratio);
		canvas.style.width = width + "px";
		canvas.style.height = height + "px";
	}
	const c = canvas.getContext("2d");
	c.setTransform(ratio, 0, 0, ratio, 0, 0);
	c.clearRect(0, 0, width, height);
	return c;
}

function paint(tl) {
	const total = tl.rows.clientWidth, high = canvasHeight(tl), left = total < 560 ? 104 : 250;
	if (!total) return;
	if (!ink.panel) readInk();
	const p = {c: plane(tl.canvas, total, high), left, width: total - left - 8, total, high}, top = tl.rows.scrollTop;
	tl.p = p;
	view.rows.forEach((row, i) => { if (row.y + row.height > top && row.y < top + high) drawRow(p, row, i, top); });
	drawAxis(p);
	paintMap(tl, left, p.width, total);
	describe(tl);
}

function describe(tl) {
	const row = view.rows[view.selected];
	const text = duration(view.from) + " to " + duration(view.to) + " (" + duration(view.to - view.from) + ")" +
		(row ? " \u00b7 " + row.b.name + ": " + plural(row.b.claims + row.b.releases, "hand-over") + ", " + plural(row.b.findings.length, "finding") : " \u00b7 no buffer matches");
	if (tl.status.textContent !== text) tl.status.textContent = text;
}

// ---- the view ----

function setView(tl, from, to) {
	const most = tl.most - tl.least, span = Math.min(Math.max(to - from, 200), most);
	view.from = Math.min(Math.max(from, tl.least), tl.most - span);
	view.to = view.from + span;
	tl.draw();
}

function zoom(tl, factor, at) {
	const center = at === undefined ? (view.from + view.to) / 2 : at;
	setView(tl, center - (center - view.from) * factor, center + (view.to - center) * factor);
}

const fit = tl => setView(tl, tl.least, tl.most);
const pan = (tl, share) => setView(tl, view.from + share * (view.to - view.from), view.to + share * (view.to - view.from));
const timeAt = (tl, x) => view.from + (x - tl.p.left) / tl.p.width * (view.to - view.from);

function select(tl, i) {
	view.selected = Math.max(0, Math.min(i, view.rows.length - 1));
	const row = view.rows[view.selected];
	if (row && row.y - HEAD < tl.rows.scrollTop) tl.rows.scrollTop = row.y - HEAD;
	if (row && row.y + row.height > tl.rows.scrollTop + tl.rows.clientHeight) tl.rows.scrollTop = row.y + row.height - tl.rows.clientHeight;
	tl.draw();
}

function unfold(tl, row) {
	if (!view.open.delete(row.b)) view.open.add(row.b);
	tl.change();
}

function showFinding(f) {
	const tl = timelineSection.tl, [from, to] = momentWindow(f);
	if (!view.rows.some(row => row.b === f.at)) { view.onlyBad = false; view.text = ""; }
	view.open.add(f.at);
	tl.change();
	setView(tl, from - (to - from), to + (to - from));
	select(tl, view.rows.findIndex(row => row.b === f.at));
	document.getElementById("timeline").scrollIntoView();
	tl.rows.focus({preventScroll: true});
}

// The next finding in time after the middle of the view, or the one before it.
function jump(tl, direction) {
	const list = page.findings.filter(f => f.at).sort((x, y) => x.access.t - y.access.t || x.buffer - y.buffer);
	if (!list.length) return;
	const i = tl.finding ? list.indexOf(tl.finding) + direction : direction > 0 ? 0 : list.length - 1;
	const f = tl.finding = list[(i + list.length) % list.length], half = Math.min(view.to - view.from, (tl.most - tl.least) / 4) / 2;
	if (!view.rows.some(row => row.b === f.at)) return;
	setView(tl, f.access.t - half, f.access.t + half);
	select(tl, view.rows.findIndex(row => row.b === f.at));
}

// ---- input ----

function keyboard(tl) {
	const acts = {
		"+": () => zoom(tl, 0.5), "=": () => zoom(tl, 0.5), "-": () => zoom(tl, 2), "0": () => fit(tl),
		ArrowLeft: () => pan(tl, -0.2), ArrowRight: () => pan(tl, 0.2), Home: () => setView(tl, tl.least, tl.least + view.to - view.from), End: () => setView(tl, tl.most - (view.to - view.from), tl.most),
		ArrowUp: () => select(tl, view.selected - 1), ArrowDown: () => select(tl, view.selected + 1), PageUp: () => select(tl, view.selected - 10), PageDown: () => select(tl, view.selected + 10),
		Enter: () => view.rows.length && unfold(tl, view.rows[view.selected]), " ": () => view.rows.length && unfold(tl, view.rows[view.selected]), n: () => jump(tl, 1), p: () => jump(tl, -1),
	};
	tl.rows.addEventListener("keydown", e => {
		if (!acts[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
		e.preventDefault();
		acts[e.key]();
	});
}

// The wheel belongs to the page until one has clicked into the timeline; with Ctrl it always zooms.
function wheel(tl) {
	tl.rows.addEventListener("wheel", e => {
		if (!tl.p || !e.ctrlKey && document.activeElement !== tl.rows) return;
		e.preventDefault();
		if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) return pan(tl, (e.deltaX || e.deltaY) / tl.p.width);
		zoom(tl, Math.exp(Math.max(-120, Math.min(120, e.deltaY)) * 0.004), timeAt(tl, e.clientX - tl.rows.getBoundingClientRect().left));
	}, {passive: false});
}

function pointers(tl) {
	const down = new Map(), place = e => ({x: e.clientX - tl.rows.getBoundingClientRect().left, y: e.clientY - tl.rows.getBoundingClientRect().top});
	let moved = 0;
	tl.rows.addEventListener("pointerdown", e => {
		if (e.button || place(e).x >= tl.rows.clientWidth) return;
		down.set(e.pointerId, place(e));
		moved = 0;
		tl.tip.hidden = true;
	});
	tl.rows.addEventListener("pointermove", e => {
		const was = down.get(e.pointerId), now = place(e);
		if (!was) return e.pointerType === "mouse" && hover(tl, now, e);
		const others = [...down].filter(([id]) => id !== e.pointerId).map(([, q]) => q);
		if (others.length) pinch(tl, was, now, others[0]);
		else setView(tl, view.from - (now.x - was.x) / tl.p.width * (view.to - view.from), view.to - (now.x - was.x) / tl.p.width * (view.to - view.from));
		if (!others.length && e.pointerType === "mouse") tl.rows.scrollTop -= now.y - was.y;
		moved += Math.abs(now.x - was.x) + Math.abs(now.y - was.y);
		if (moved > 4 && !tl.rows.hasPointerCapture(e.pointerId)) tl.rows.setPointerCapture(e.pointerId);
		tl.rows.classList.add("drag");
		down.set(e.pointerId, now);
	});
	const up = e => { down.delete(e.pointerId); tl.rows.classList.remove("drag"); };
	tl.rows.addEventListener("pointerup", e => { if (down.has(e.pointerId) && moved < 5) click(tl, place(e)); up(e); });
	tl.rows.addEventListener("pointercancel", up);
	tl.rows.addEventListener("pointerleave", () => { tl.tip.hidden = true; });
}

// Two fingers: the time under each stays under it.
function pinch(tl, was, now, other) {
	const before = Math.abs(was.x - other.x), after = Math.abs(now.x - other.x);
	if (before > 8 && after > 8) zoom(tl, before / after, timeAt(tl, (now.x + other.x) / 2));
}

const rowAt = (tl, y) => y < HEAD ? -1 : view.rows.findIndex(row => y + tl.rows.scrollTop >= row.y && y + tl.rows.scrollTop < row.y + row.height);

function click(tl, at) {
	const i = rowAt(tl, at.y), row = view.rows[i];
	tl.rows.focus({preventScroll: true});
	if (!row) return;
	select(tl, i);
	const hit = row.b.findings.find(f => Math.abs(scaleX(tl.p)(f.access.t) - at.x) < 7);
	if (at.x < tl.p.left) unfold(tl, row);
	else if (hit && at.y + tl.rows.scrollTop - row.y < ROW) location.hash = hit.token;
}

// ---- what is under the pointer ----

function spanAt(lane, t) {
	const i = lower(lane.end, t);
	return i < lane.start.length && lane.start[i] <= t ? i : -1;
}

function laneLines(lane, t) {
	const i = spanAt(lane, t);
	if (i < 0) return null;
	return el("div", null, laneName(lane) + ": " + spanWord(lane, lane.v[i]) + ", " + duration(lane.end[i] - lane.start[i]),
		el("div", {class: "muted"}, who(lane.b[i]) + " \u2192 " + who(lane.e[i])));
}

function hover(tl, at, e) {
	const row = tl.p && at.x >= tl.p.left && view.rows[rowAt(tl, at.y)], t = row && timeAt(tl, at.x);
	tl.tip.hidden = !row;
	if (!row) return;
	const lane = row.lanes[Math.floor((at.y + tl.rows.scrollTop - row.y - ROW) / SUB)], near = (view.to - view.from) / tl.p.width * 4;
	const points = row.b.points.filter(p => Math.abs(p[0] - t) < near).slice(0, 4), f = row.b.findings.find(x => Math.abs(x.access.t - t) < near * 1.6);
	tl.tip.replaceChildren(el("b", null, row.b.name), el("span", {class: "muted"}, "at " + duration(t)),
		...(lane ? [lane] : row.b.sorted.filter(x => x.kind === "device" || x.kind === "bracket")).map(x => laneLines(x, t)).filter(Boolean),
		...points.map(p => el("div", null, pointWord(p) + " (" + who(p[4]) + ")")),
		...(f ? [el("b", null, f.rule + " " + page.rules[f.rule].title + " \u2013 click the mark to open")] : []));
	const box = tl.tip.getBoundingClientRect();
	tl.tip.style.left = Math.max(4, Math.min(e.clientX + 14, innerWidth - box.width - 6)) + "px";
	tl.tip.style.top = (e.clientY + 18 + box.height > innerHeight ? e.clientY - box.height - 10 : e.clientY + 18) + "px";
}

// ---- the strip above: the whole run, and which part of it is shown ----

function load() {
	const bins = Math.max(...page.buffers.map(b => Math.max(...b.bins.map(x => x.length))), 1), sum = new Float64Array(bins);
	for (const b of page.buffers)
		for (let i = 0; i < bins; i++) sum[i] += Math.min(1, density(b, 0, i) + density(b, 1, i));
	return sum;
}

function paintMap(tl, left, width, total) {
	const c = plane(tl.map, total, 46), sum = tl.load = tl.load || load(), most = Math.max(...sum, 1);
	const x = t => left + (t - tl.least) / (tl.most - tl.least) * width;
	c.fillStyle = ink.muted;
	c.font = "11px system-ui, sans-serif";
	c.fillText("held by devices", 8, 28);
	c.fillStyle = ink["dev-w"];
	c.globalAlpha = 0.5;
	sum.forEach((n, i) => { const at = x(i * page.time.bin), h = n / most * 34; if (h && at < left + width) c.fillRect(Math.max(at, left), 40 - h, Math.max(0.7, Math.min(x((i + 1) * page.time.bin), left + width) - at), h); });
	c.globalAlpha = 1;
	c.fillStyle = ink.error;
	for (const f of page.findings) c.fillRect(x(f.access.t) - 0.7, 0, 1.6, 7);
	c.strokeStyle = ink.focus;
	c.lineWidth = 1.6;
	c.strokeRect(x(view.from) + 0.8, 1.5, Math.max(3, x(view.to) - x(view.from) - 1.6), 42);
	tl.mapTime = px => tl.least + (px - left) / width * (tl.most - tl.least);
}

function minimap(tl) {
	const go = e => {
		const t = tl.mapTime(e.clientX - tl.map.getBoundingClientRect().left), half = (view.to - view.from) / 2;
		setView(tl, t - half, t + half);
	};
	tl.map.addEventListener("pointerdown", e => { tl.map.setPointerCapture(e.pointerId); go(e); });
	tl.map.addEventListener("pointermove", e => { if (e.buttons) go(e); });
}
