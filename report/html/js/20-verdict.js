// SPDX-License-Identifier: MIT
// The first thing one sees: what the run proved, about what, and what nobody watched.

function verdictTone() {
	const worst = severities.find(s => page.totals[s]);
	return worst || (page.verdict === "tainted" ? "warning" : "ok");
}

function verdictWords() {
	const t = page.totals, found = severities.filter(s => t[s]);
	if (!found.length && page.verdict === "tainted") return "Tainted: no findings, but something was missed";
	if (!found.length) return t.buffers ? "Clean: no findings in " + plural(t.buffers, "buffer") : "Clean: no DMA buffer was used";
	const words = found.map(s => plural(t[s], singular[s], plurals[s])).join(", ");
	return words + " in " + count(t.bad_buffers) + " of " + plural(t.buffers, "buffer");
}

function verdictSub() {
	const t = page.totals;
	const seen = [plural(t.hand_overs, "hand-over"), plural(t.processes, "process", "processes"), plural(t.events, "event")];
	const taint = page.tainted ? " Something was missed: see below what it may hide." : "";
	return (page.runs.length > 1 ? "Seen in these runs: " : "Seen in this run: ") + seen.join(", ") + "." + taint;
}

function exitWords(status) {
	if (status < 0) return "not known";
	return status > 128 ? status + " (signal " + (status - 128) + ")" : String(status);
}

function recordedWords(seconds) {
	return seconds ? new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC" : "not known";
}

function fact(name, value, cls) {
	return el("div", {class: cls}, el("dt", null, name), el("dd", null, value));
}

// An argument as one would have to type it.
const quoted = word => /^[\w@%+=:,./-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";

function runFacts() {
	const runs = page.runs, one = runs[0];
	const list = runs.slice(0, 20).map((r, i) =>
		fact(runs.length > 1 ? "Run " + (i + 1) + ": " + r.dir : "Program",
			el("code", {class: "cmd"}, r.argv.map(quoted).join(" ") || "not known"), "wide"));
	if (runs.length > 20) list.push(fact("More runs", plural(runs.length - 20, "run") + " not listed", "wide"));
	return el("dl", {class: "facts"}, list,
		fact("Exit status", runs.map(r => exitWords(r.exit_status)).slice(0, 20).join(", ")),
		fact("Host", [one.kernel && "Linux " + one.kernel, one.arch].filter(Boolean).join(", ") || "not known"),
		fact("Recorded", recordedWords(one.recorded)),
		fact("Length", duration(page.length)));
}

function verdict() {
	const tone = verdictTone();
	return el("div", {class: "panel verdict tone-" + tone},
		icon(tone, "big"),
		el("div", null, el("h1", null, verdictWords()), el("p", {class: "sub"}, verdictSub())),
		runFacts());
}

function blindSpots() {
	const taints = page.blind.filter(b => b.taints).length;
	if (!page.blind.length) return null;
	return el("details", {class: "panel blind", open: taints > 0 || page.blind.length < 5},
		el("summary", null, "Not observed" + (page.runs.length > 1 ? " (" : " in this run (") + page.blind.length + ")",
			taints ? " \u2013 " + taints + " may hide findings" : ""),
		el("ul", null, page.blind.map(b => el("li", {class: b.taints ? "taints" : ""},
			icon(b.taints ? "warning" : "dash"),
			el("span", null, b.taints && el("b", null, "May hide findings: "), b.text)))));
}

function verdictSection() {
	return el("section", {id: "verdict", "aria-label": "Verdict"}, verdict(), blindSpots());
}
