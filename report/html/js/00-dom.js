// SPDX-License-Identifier: MIT
// Elements, numbers and words.  Text becomes text nodes, never markup: no innerHTML anywhere.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attrs, children) {
	for (const [key, value] of Object.entries(attrs || {})) {
		if (value === null || value === undefined || value === false) continue;
		if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
		else node.setAttribute(key, value === true ? "" : value);
	}
	for (const child of children.flat(4))
		if (child !== null && child !== undefined && child !== false) node.append(child);
	return node;
}

const el = (tag, attrs, ...children) => fill(document.createElement(tag), attrs, children);
const svg = (tag, attrs, ...children) => fill(document.createElementNS(SVG, tag), attrs, children);

// Shapes, so that severity never depends on colour alone.
const shapes = {
	error: "M5.5 1.5h5l4 4v5l-4 4h-5l-4-4v-5zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
	warning: "M8 1.8L15 14.2H1zM8 6.2v3.6M8 12v.2",
	advice: "M8 1.5a6.5 6.5 0 1 0 .01 0zM8 7.3v4M8 4.8v.2",
	ok: "M8 1.5a6.5 6.5 0 1 0 .01 0zM5 8.2l2.2 2.2L11.2 6",
	link: "M6.8 9.2a2.8 2.8 0 0 0 4 0l2.4-2.4a2.8 2.8 0 0 0-4-4L8 4M9.2 6.8a2.8 2.8 0 0 0-4 0L2.8 9.2a2.8 2.8 0 0 0 4 4L8 12",
	theme: "M8 1.8a6.2 6.2 0 1 0 .01 0zM8 1.8v12.4a6.2 6.2 0 0 0 0-12.4",
	dash: "M4 8h8",
};
const icon = (name, cls) =>
	svg("svg", {class: "icon " + (cls || ""), viewBox: "0 0 16 16", "aria-hidden": "true"}, svg("path", {d: shapes[name]}));

function duration(ns) {
	const sign = ns < 0 ? "\u2212" : "", n = Math.abs(ns);
	const units = [[1e9, "s"], [1e6, "ms"], [1e3, "\u00b5s"]];
	for (const [size, name] of units)
		if (n >= size * 0.9995) return sign + trim(n / size) + "\u00a0" + name;
	return sign + Math.round(n) + "\u00a0ns";
}

// Three digits that matter, without empty ones.
function trim(x) {
	const text = x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);
	return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function bytes(n) {
	if (n < 1024) return n + "\u00a0bytes".slice(0, n === 1 ? -1 : undefined);
	for (const [size, name] of [[1 << 30, "GiB"], [1 << 20, "MiB"], [1024, "KiB"]])
		if (n >= size) return trim(n / size) + "\u00a0" + name;
	return n;
}

const grouped = new Intl.NumberFormat("en-US"); // made once: a locale is slow to look up
const count = n => grouped.format(n);
const plural = (n, one, many) => count(n) + "\u00a0" + (n === 1 ? one : many || one + "s");
const base = path => path.slice(path.lastIndexOf("/") + 1);

// The first index at which `list[i] >= value`.
function lower(list, value) {
	let low = 0, high = list.length;
	while (low < high) {
		const middle = low + high >> 1;
		if (list[middle] < value) low = middle + 1;
		else high = middle;
	}
	return low;
}

// Round distances for an axis: 1, 2 or 5 times a power of ten.
function step(span, most) {
	const rough = span / most, power = 10 ** Math.floor(Math.log10(rough));
	for (const n of [1, 2, 5, 10])
		if (n * power >= rough) return n * power;
	return 10 * power;
}

async function copy(text, button, done) {
	const old = button.lastChild.textContent;
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		const area = el("textarea", {class: "visually-hidden", "aria-hidden": "true"}, text);
		document.body.append(area);
		area.select();
		document.execCommand("copy");
		area.remove();
		button.focus();
	}
	button.lastChild.textContent = done;
	setTimeout(() => { button.lastChild.textContent = old; }, 1500);
}
