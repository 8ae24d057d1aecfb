// SPDX-License-Identifier: MIT
// Puts the page together: theme, links, print.

const root = document.documentElement;

function stored(key, value) {
	try {
		return value === undefined ? localStorage.getItem(key) : localStorage.setItem(key, value);
	} catch {
		return null; // a browser may refuse storage to a file
	}
}

function setTheme(theme) {
	root.dataset.theme = theme;
	ink.panel = "";
	if (timelineSection.tl) timelineSection.tl.draw();
}

function themeButton() {
	const dark = matchMedia("(prefers-color-scheme: dark)"), wanted = () => stored("dmasan-theme") || (dark.matches ? "dark" : "light");
	const button = el("button", {class: "btn", type: "button", "aria-label": "Switch between light and dark"}, icon("theme"));
	button.addEventListener("click", () => {
		const next = root.dataset.theme === "dark" ? "light" : "dark";
		stored("dmasan-theme", next);
		setTheme(next);
	});
	dark.addEventListener("change", () => setTheme(wanted()));
	setTheme(wanted());
	return button;
}

function header() {
	const links = [["#findings", "Findings"], ["#timeline", "Timeline"], ["#handovers", "Hand-overs"], ["#coverage", "Coverage"]];
	return el("header", {class: "top"},
		el("span", {class: "brand"}, el("span", {class: "dot", "aria-hidden": "true"}), "dmasan"),
		el("nav", {"aria-label": "Sections"}, links.filter(([href]) => href !== "#handovers" || page.buffers.length).map(([href, text]) => el("a", {href}, text))),
		themeButton());
}

function footer() {
	return el("footer", null, "Made by dmasan " + page.version + " from what was recorded; this file needs no network. The numbers behind it are in its JSON block \u201cdata\u201d.");
}

// Paper shows everything in the light palette: unfold, draw, and fold again afterwards.
function printing() {
	let folded = [], theme = "", details = [];
	addEventListener("beforeprint", () => {
		theme = root.dataset.theme;
		folded = page.findings.filter(f => f.card.isConnected && !f.isOpen()).slice(0, 50);
		details = [...document.querySelectorAll("details:not([open])")];
		folded.forEach(f => f.open(true));
		details.forEach(d => { d.open = true; });
		root.dataset.theme = "light";
		ink.panel = "";
		if (timelineSection.tl) paint(timelineSection.tl);
	});
	addEventListener("afterprint", () => {
		folded.forEach(f => f.open(false));
		details.forEach(d => { d.open = false; });
		setTheme(theme);
	});
}

function follow() {
	openFinding(decodeURIComponent(location.hash.slice(1)), true);
}

function main() {
	const app = document.getElementById("app"), top = header();
	document.title = verdictWords() + " \u2013 dmasan";
	app.append(el("a", {class: "skip", href: "#findings"}, "Skip to the findings"), patterns(), top,
		el("main", null, [verdictSection(), findingsSection(showFinding), page.buffers.length ? timelineSection() : null, plotsSection(), coverageSection(), footer()]));
	if (page.findings.length) page.findings[0].open(true);
	addEventListener("hashchange", follow);
	printing();
	if (location.hash) follow();
	root.dataset.ready = "";
}

main();
