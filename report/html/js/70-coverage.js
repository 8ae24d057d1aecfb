// SPDX-License-Identifier: MIT
// What was watched, where, and with what: the last thing one needs, and the first one to doubt.

function tableOf(label, heads, rows) {
	return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": label}, el("table", null,
		el("thead", null, el("tr", null, heads.map(([text, cls]) => el("th", {scope: "col", class: cls}, text)))),
		el("tbody", null, rows.map(row => el("tr", null, row.map((cell, i) => el("td", {class: heads[i][1] || "wrap"}, cell)))))));
}

function processesTable() {
	const seen = page.processes.filter(p => !p.launcher), shown = seen.slice(0, 100), num = "num";
	const heads = [["Process"], ["Events", num], ["Lost", num], ["Unguarded", num], ["EFAULT", num], ["Recorded with"], ["End"]];
	if (page.runs.length > 1) heads.push(["Run", num]);
	return [tableOf("Processes", heads, shown.map(p => [(p.comm || "?") + " " + p.pid, count(p.events), count(p.lost), count(p.unguarded), count(p.efaults),
		p.features.join(", ") || "no guard", p.ended ? "exit " + exitWords(p.exit_status) : "killed or still running", p.run + 1].slice(0, heads.length))),
	seen.length > shown.length && el("p", {class: "muted"}, plural(seen.length - shown.length, "more process", "more processes") + " not listed.")];
}

function eventBars() {
	const all = Object.entries(page.events).sort((x, y) => y[1] - x[1]), most = all.length ? all[0][1] : 1;
	return el("ul", {class: "bars"}, all.map(([name, n]) => {
		const bar = el("span", {class: "bar"});
		bar.style.width = Math.max(0.5, n / most * 100) + "%";
		return el("li", null, el("span", null, name), bar, el("span", null, count(n)));
	}));
}

const recordedSides = () => page.kernel.filter(k => k.recorded);

// In how many runs the kernel's side was recorded, and why not in the others.
function kernelWords() {
	const seen = recordedSides(), failed = page.kernel.find(k => k.failed);
	if (!seen.length) return "not recorded" + (failed ? ": " + failed.failed : "");
	const events = plural(seen.reduce((n, k) => n + k.events, 0), "event");
	return "recorded" + (page.runs.length > 1 ? " in " + seen.length + " of " + plural(page.runs.length, "run") : "") + ", " + events + (seen.every(k => k.complete) ? "" : ", cut off");
}

function kernelSide() {
	const seen = recordedSides(), sum = pick => seen.reduce((n, k) => n + pick(k), 0), all = pick => [...new Set(seen.flatMap(pick))];
	const missing = all(k => k.missing), users = seen.flatMap(k => k.users).filter(u => !u.loaded), hidden = sum(k => k.users_total - k.users.length);
	if (!seen.length) return null;
	return [el("dl", {class: "facts plain"},
		fact("SYNC calls", count(sum(k => k.effects[1])) + " performed, " + count(sum(k => k.effects[2])) + " elided (coherent or not mapped), " + count(sum(k => k.effects[3])) + " without an operation of the exporter", "wide"),
		fact("Unseen by the library", count(sum(k => k.unseen))), fact("Lost or unreadable events", count(sum(k => k.lost))), fact("Bounced", bytes(sum(k => k.bounced))),
		fact("Attached", all(k => k.attached).join(", ") || "none", "wide"), missing.length > 0 && fact("Missing", missing.map(m => el("div", null, m)), "wide")),
	users.length > 0 && tableOf("Processes that only the kernel saw", [["Seen by the kernel alone"], ["Events", "num"]], users.map(u => [(u.comm || "?") + " " + u.pid, count(u.events)])),
	hidden > 0 && el("p", {class: "muted"}, plural(hidden, "more process", "more processes") + " not listed.")];
}

function environment() {
	const run = page.runs[0], t = page.totals;
	return el("dl", {class: "facts plain"},
		fact("Run directory", page.runs.slice(0, 20).map(r => el("code", {class: "cmd"}, r.dir)), "wide"),
		fact("Options", run.options ? el("code", null, run.options) : "defaults"),
		fact("Library", run.loaded ? "loaded into the program" : "never loaded by the program"),
		fact("Kernel side", kernelWords()),
		fact("Lost events", count(t.lost)), fact("Unguarded mappings", count(t.unguarded)), fact("Unexplained EFAULTs", count(t.efaults)));
}

function unknownIoctls() {
	const all = page.unknown_ioctls;
	if (!all.length) return el("p", {class: "muted"}, "Every ioctl on a watched descriptor was understood.");
	return tableOf("Unknown ioctls", [["Request"], ["Descriptor"], ["Count", "num"]], all.slice(0, 64).map(u => [el("code", null, u.request), u.fd_kind, count(u.count)]));
}

function coverageSection() {
	const card = (title, ...content) => el("div", {class: "panel pad"}, el("h4", null, title), content);
	return el("section", {id: "coverage", "aria-labelledby": "h-coverage"},
		el("header", null, el("h2", {id: "h-coverage"}, "Environment and coverage")),
		el("div", {class: "list"}, card("Environment", environment()), card("Processes", processesTable()), recordedSides().length > 0 && card("The kernel\u2019s side", kernelSide()),
			el("div", {class: "two"}, card("Records by kind", eventBars()), card("Ioctls that were not understood", unknownIoctls()))));
}
