// SPDX-License-Identifier: MIT
// One finding: what happened, where in the code, why it matters, how to fix it.

const b = text => el("b", null, text);

// What the access did, as a sentence; every name in it is a text node.
function accessWords(f) {
	const a = f.access, by = [b(processName(f.process)), " (thread " + a.tid + ") "];
	if (f.op === "call")
		return a.what === "exit" ? [...by, "ended while this was true of ", b(bufferName(f)), ". "] :
			[...by, "called ", el("code", null, a.what), " on ", b(bufferName(f)), ". "];
	const verb = f.op === "write" ? "wrote " : "read ";
	return [...by, el("span", {class: "bad"}, verb + (f.length ? bytes(f.length) : "")), " at offset " + count(f.offset) + " of ",
		b(bufferName(f)), a.what === "instruction" ? "" : [" through ", el("code", null, a.what)], holder(f), ". "];
}

function holder(f) {
	const p = f.prior;
	if (!p || p.event !== "claim" || !f.use) return "";
	return [" while ", b(p.device || "a device"), " " + ["", "was reading it", "was writing it", "was reading and writing it"][f.use & 3]];
}

const priorVerbs = {
	claim: p => "had handed the buffer to " + (p.device || "a device") + ", which " + uses[p.use & 3] + " it",
	sync: p => p.error ? "START had failed with " + p.error : "had opened a bracket" + (p.flags ? " for " + flags[p.flags & 3] : ""),
	"fd-close": () => "had closed its last descriptor",
	"fd-open": () => "had opened a descriptor of it",
	buffer: () => "had made it",
};

function priorWords(f) {
	const p = f.prior;
	if (!p) return null;
	const verb = priorVerbs[p.event] ? priorVerbs[p.event](p) : "came first";
	return [el("code", null, p.what), " " + verb + ", ", b(duration(f.access.t - p.t) + " before"), " (thread " + p.tid + "). "];
}

function sentence(f) {
	return el("p", {class: "said"}, accessWords(f), priorWords(f),
		f.count > 1 && ["This was seen ", b(count(f.count) + " times"), ", first " + duration(f.access.t) + " after the start. "],
		f.latent && "Latent: no device had the buffer when it happened, so nothing was lost yet.");
}

// ---- stacks ----

function sourceLines(frame) {
	const s = frame.source;
	return el("pre", {class: "source", tabindex: "0", "aria-label": "Source around line " + frame.line},
		s.lines.map((line, i) => el("span", {class: s.first + i === frame.line ? "hit" : ""}, el("i", null, String(s.first + i)), line || " ")));
}

// Without a name, the module and offset are the name.
function frameModule(frame) {
	const id = frame.build_id && el("span", {title: "build-id " + frame.build_id}, "build-id " + frame.build_id.slice(0, 12) + "\u2026");
	if (!frame.function && frame.module) return el("span", {class: "mod mono"}, frame.module.slice(0, -base(frame.module).length) || "", id && [" ", id]);
	return el("span", {class: "mod mono"}, frame.module ? frame.module + "+" + frame.offset : "no module, " + frame.offset, id && [", ", id]);
}

function frameRow(number, i, own) {
	const frame = page.frames[number];
	return el("li", {class: (i === own ? "yours " : "") + (isLibrary(frame) ? "lib " : "") + (frame.function ? "" : "bare")},
		el("span", {class: "n"}, String(i)),
		el("div", null,
			el("span", {class: "fn mono"}, frameName(frame)),
			i === own && el("span", {class: "visually-hidden"}, " (first frame outside the C library)"),
			frame.file && [" ", el("span", {class: "at mono"}, frameFile(frame))],
			frameModule(frame),
			frame.source && sourceLines(frame)));
}

function stackList(title, site) {
	const own = yours(site.stack);
	return el("div", null, el("h4", null, title),
		site.stack.length ? el("ol", {class: "stack"}, site.stack.map((n, i) => frameRow(n, i, own))) :
			el("p", {class: "muted"}, "No stack was recorded."));
}

function stacks(f) {
	const title = f.op === "call" ? "The call: " + f.access.what : "The " + f.op + (f.access.what === "instruction" ? "" : " through " + f.access.what);
	return el("div", {class: "pair"}, stackList(title, f.access), f.prior && stackList("What came before: " + f.prior.what, f.prior));
}

// ---- meaning and fix ----

function meaning(f) {
	const row = (name, text) => {
		const fine = /^works$/.test(text);
		return el("div", {class: fine ? "ok" : "harm"}, el("dt", null, icon(fine ? "ok" : "error"), name), el("dd", null, text || "not known"));
	};
	return el("div", null, el("h4", null, "What it does on other machines"),
		el("dl", {class: "means"}, row("Cache-coherent (a PC)", f.coherent),
			row("Non-coherent CPU caches (most SoCs)", f.noncoherent), row("Behind a bounce buffer (swiotlb)", f.bounce)));
}

function alsoBroken(f) {
	if (!f.also.length) return null;
	return el("p", {class: "muted"}, "The same access also breaks ", f.also.map((id, i) => [i ? ", " : "", b(id), " (" + page.rules[id].title + ")"]), ".");
}

function fix(f) {
	const rule = page.rules[f.rule];
	const sample = (cls, title, text) => text && el("div", null, el("h4", null, title),
		el("pre", {class: "code " + cls, tabindex: "0", "aria-label": title}, text.trimEnd()));
	return [el("div", {class: "why"}, el("h4", null, "Why"), el("p", null, rule.why)),
		el("div", {class: "why"}, el("h4", null, "Fix"), el("p", null, rule.fix)),
		rule.right && el("div", {class: "pair"}, sample("wrong", "\u2715 Wrong", rule.wrong), sample("right", "\u2713 Right", rule.right))];
}

function inRuns(f) {
	if (page.runs.length < 2) return null;
	const rows = f.counts.map((n, i) => n && page.runs[i].dir + ": " + count(n) + "\u00d7").filter(Boolean);
	return el("p", {class: "muted wrap"}, "Seen in " + rows.length + " of " + page.runs.length + " runs: " + rows.slice(0, 8).join(", ") + (rows.length > 8 ? ", \u2026" : ""));
}

function linkRow(f) {
	const link = el("button", {class: "btn quiet", type: "button"}, icon("link"), "Copy link");
	link.addEventListener("click", () => copy(location.href.split("#")[0] + "#" + f.token, link, "Copied"));
	const token = el("button", {class: "btn quiet", type: "button"}, "Copy token");
	token.addEventListener("click", () => copy(f.token, token, "Copied"));
	return el("div", {class: "foot"}, el("code", null, f.token), link, token,
		el("span", null, "More: ", el("code", null, "dmasan explain " + f.rule)));
}

function findingBody(f, show) {
	return [sentence(f), stacks(f), moment(f, show), meaning(f), fix(f), alsoBroken(f), inRuns(f), linkRow(f)];
}

// ---- the folded line ----

function whereLine(f) {
	const stack = f.access.stack, frame = stack.length ? page.frames[stack[yours(stack)]] : null;
	return [frame && [el("span", {class: "mono"}, frameName(frame)), frame.file ? " \u2013 " + frameFile(frame) : "", " \u00b7 "], bufferName(f), f.latent ? " \u00b7 latent" : ""];
}

function findingCard(f, show) {
	const id = "body-" + f.token, body = el("div", {class: "body", id, hidden: true});
	const fold = el("button", {class: "fold", type: "button", "aria-expanded": "false", "aria-controls": id},
		el("span", {class: "sev"}, icon(f.severity), f.severity),
		el("span", {class: "title"}, el("span", {class: "rule"}, f.rule), page.rules[f.rule].title),
		el("span", {class: "times"}, f.count > 1 ? count(f.count) + "\u00d7" : ""),
		el("span", {class: "where"}, whereLine(f)));
	const card = el("article", {class: "panel finding tone-" + f.severity, id: f.token, tabindex: "-1"}, el("h3", null, fold), body);
	f.open = on => {
		if (on && !body.firstChild) body.append(...findingBody(f, show).filter(Boolean).flat());
		body.hidden = !on;
		fold.setAttribute("aria-expanded", String(on));
	};
	f.isOpen = () => !body.hidden;
	fold.addEventListener("click", () => f.open(body.hidden));
	return f.card = card;
}
