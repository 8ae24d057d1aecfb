// SPDX-License-Identifier: MIT
// The list of findings: filter, search, sort, links to one of them.

const filter = {text: "", rule: "", sort: "severity", severity: new Set(severities)};

// Everything that one may look for, in lower case.
function haystack(f) {
	const frames = [...f.access.stack, ...(f.prior ? f.prior.stack : [])].map(i => page.frames[i]);
	return [f.rule, f.token, page.rules[f.rule].title, f.severity, bufferName(f), processName(f.process), f.access.what, f.prior && f.prior.what,
		f.prior && f.prior.device, ...frames.flatMap(x => [x.function, x.file, x.module])].join("\n").toLowerCase();
}

// Words that must all occur; "several words" in quotes are one.
const words = text => [...text.toLowerCase().matchAll(/"([^"]+)"|([^\s"]+)/g)].map(m => m[1] || m[2]);

function matches(f) {
	if (!filter.severity.has(f.severity) || filter.rule && f.rule !== filter.rule) return false;
	f.hay = f.hay || haystack(f);
	return words(filter.text).every(word => f.hay.includes(word));
}

const orders = {
	severity: () => 0, // as they come
	time: (x, y) => x.access.t - y.access.t,
	count: (x, y) => y.count - x.count,
	rule: (x, y) => x.rule < y.rule ? -1 : x.rule > y.rule ? 1 : 0,
	buffer: (x, y) => x.buffer - y.buffer,
};

function findingsSection(show) {
	const list = el("div", {class: "list"}), status = el("p", {role: "status", class: "muted"});
	const cards = new Map(page.findings.map(f => [f, findingCard(f, show)]));
	const draw = () => {
		const shown = page.findings.filter(matches);
		if (filter.sort !== "severity") shown.sort(orders[filter.sort]);
		list.replaceChildren(...shown.map(f => cards.get(f)));
		if (!shown.length) list.append(el("p", {class: "panel empty"}, page.findings.length ? "No finding matches." : "There is nothing to show here."));
		status.textContent = shown.length === page.findings.length ? plural(shown.length, "finding") : count(shown.length) + " of " + plural(page.findings.length, "finding");
	};
	const tools = page.findings.length ? toolbar(draw) : null;
	draw();
	findingsSection.reset = () => { tools && tools.reset(); draw(); };
	return el("section", {id: "findings", "aria-labelledby": "h-findings"},
		el("header", null, el("h2", {id: "h-findings"}, "Findings"), status),
		tools && tools.node, moreFindings(), list, suppressedList());
}

function moreFindings() {
	const more = page.findings_total - page.findings.length;
	return more > 0 && el("p", {class: "note"}, plural(more, "more finding") + ", not shown (--max " + page.findings_total + " shows all).");
}

function toolbar(draw) {
	const search = el("input", {type: "search", placeholder: "Search function, file, module, buffer, token", "aria-label": "Search findings",
		title: "All words must occur; \"several words\" in quotes are one"});
	const rules = [...new Set(page.findings.map(f => f.rule))].sort();
	const option = (value, text) => el("option", {value}, text);
	const rule = el("select", {"aria-label": "Rule"}, option("", "All rules"), rules.map(r => option(r, r)));
	const sort = el("select", {"aria-label": "Sort by"}, [["severity", "Sort: severity"], ["time", "Sort: first time"], ["count", "Sort: count"], ["rule", "Sort: rule"], ["buffer", "Sort: buffer"]].map(o => option(...o)));
	const chips = severities.filter(s => page.findings.some(f => f.severity === s)).map(s => chip(s, draw));
	const all = el("button", {class: "btn", type: "button"}, "Expand all");
	search.addEventListener("input", () => { filter.text = search.value; draw(); });
	rule.addEventListener("change", () => { filter.rule = rule.value; draw(); });
	sort.addEventListener("change", () => { filter.sort = sort.value; draw(); });
	all.addEventListener("click", () => {
		const open = all.textContent === "Expand all", shown = page.findings.filter(f => f.card.isConnected);
		shown.slice(0, 100).forEach(f => f.open(open));
		all.textContent = open ? "Fold all" : "Expand all";
	});
	const reset = () => {
		search.value = rule.value = filter.text = filter.rule = "";
		filter.severity = new Set(severities);
		chips.forEach(c => c.setAttribute("aria-pressed", "true"));
	};
	return {node: el("div", {class: "tools", role: "search", "aria-label": "Filter findings"}, search, chips, rule, sort, all), reset};
}

function chip(severity, draw) {
	const n = page.findings.filter(f => f.severity === severity).length;
	const button = el("button", {class: "btn tone-" + severity, type: "button", "aria-pressed": "true", "data-severity": severity}, icon(severity), severity + " " + n);
	button.addEventListener("click", () => {
		const on = !filter.severity.delete(severity);
		if (on) filter.severity.add(severity);
		button.setAttribute("aria-pressed", String(on));
		draw();
	});
	return button;
}

function suppressedList() {
	if (!page.suppressed_total) return null;
	return el("details", {class: "panel more"}, el("summary", null, plural(page.suppressed_total, "finding") + " suppressed or known"),
		el("div", {class: "pad scroll", tabindex: "0"}, el("table", null,
			el("thead", null, el("tr", null, ["Rule", "Token", "Count", "By", "Reason"].map(h => el("th", {scope: "col"}, h)))),
			el("tbody", null, page.suppressed.map(s => el("tr", null, el("td", null, s.rule + " " + page.rules[s.rule].title), el("td", {class: "mono"}, s.token),
				el("td", {class: "num"}, count(s.count)), el("td", {class: "wrap"}, s.kind + (s.name ? ": " + s.name : "")), el("td", {class: "wrap"}, s.reason)))))));
}

// A link names a finding by its token: open it, even when the filter hides it.
function openFinding(token, focus) {
	const f = page.findings.find(x => x.token === token);
	if (!f) return false;
	if (!f.card.isConnected) findingsSection.reset();
	page.findings.forEach(x => x.card.classList.toggle("target", x === f));
	f.open(true);
	f.card.scrollIntoView({block: "start"});
	if (focus) f.card.focus({preventScroll: true});
	return true;
}
