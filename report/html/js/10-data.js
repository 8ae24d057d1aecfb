// SPDX-License-Identifier: MIT
// The run's data, and how its parts are named.

const page = JSON.parse(document.getElementById("data").textContent);
const severities = ["error", "warning", "advice"];
const plurals = {error: "errors", warning: "warnings", advice: "pieces of advice"};
const singular = {error: "error", warning: "warning", advice: "piece of advice"};
const buffers = new Map(page.buffers.map(b => [b.i, b]));
const thinned = page.time.every > 0;
const ORDER = {device: 0, kernel: 1, bracket: 2, cpu: 3};
const ITEM = {access: 1, failed: 2, map: 3, unmap: 4, stale: 5, kernel: 6};

// Columns of differences become columns of times; lanes get the order in which they are drawn.
for (const b of page.buffers) {
	for (const lane of b.lanes) {
		let t = 0;
		lane.start = Float64Array.from(lane.s, d => t += d);
		lane.end = Float64Array.from(lane.d, (d, i) => lane.start[i] + d);
	}
	b.points.sort((x, y) => x[0] - y[0]);
	b.times = Float64Array.from(b.points, p => p[0]);
	b.sorted = b.lanes.slice().sort((x, y) => ORDER[x.kind] - ORDER[y.kind]);
	b.findings = [];
}
for (const f of page.findings) {
	f.at = buffers.get(f.buffer) || null;
	if (f.at) f.at.findings.push(f);
}

const processName = i => {
	const p = page.processes[i];
	return p ? (p.comm || "process") + "\u00a0" + p.pid : "a process";
};
const bufferName = f => f.at ? f.at.name : "a buffer that is not shown here";

// What a lane of the kernel's side says, by its track.
const tracks = {
	queue: () => "with the driver", mapped: device => "mapped for " + (device || "devices"),
	fence: () => "fence pending", calls: () => "calls",
};

function laneName(lane) {
	if (lane.kind === "bracket") return "SYNC brackets";
	if (lane.kind === "cpu") return "CPU through " + lane.origin + " mapping";
	if (lane.kind === "kernel") return "kernel: " + tracks[lane.track](lane.device);
	return deviceName(lane);
}

function deviceName(lane) {
	if (!lane.device && !lane.queue) return "a device";
	return (lane.device || "device") + (lane.queue ? " " + lane.queue : "");
}

const uses = ["uses", "reads", "writes", "reads and writes"];
const flags = ["", "read", "write", "read+write"];

// What a span says, and the class that it is drawn with.
function spanWord(lane, value) {
	if (lane.kind === "device") return "device " + uses[value & 3];
	if (lane.kind === "kernel") return (lane.track === "queue" ? "driver " : lane.track === "mapped" ? "mapped, device " : "device ") + uses[value & 3];
	if (lane.kind === "bracket") return "bracket for " + (flags[value & 3] || "nothing");
	return value & 3 ? "may " + flags[value & 3] : "no access";
}

function spanClass(lane, value) {
	if (lane.kind === "device" || lane.kind === "kernel") return value & 2 ? "w" : "r";
	if (lane.kind === "bracket") return "b";
	return ["none", "read", "write", "full"][value & 3];
}

function who(i) {
	const w = page.whos[i];
	if (w && w[3] !== undefined) return w[2] + " in the kernel" + (w[1] ? ", on behalf of or during " + (w[3] || "?") + " " + w[1] : "");
	return w && i ? (w[2] || "?") + ", thread " + w[1] : "end of recording";
}

const effects = ["", "performed", "without effect: no device is mapped or all are coherent", "without effect: the exporter has no such operation"];

// A call that the kernel's side saw; of a SYNC also what it meant and what came of it.
function kernelWord(p) {
	const call = (page.whos[p[4]] || [])[2] || "call", sync = call === "sync";
	return "kernel: " + call + (sync ? " " + (p[2] & 4 ? "END " : "START ") + flags[p[2] & 3] + (effects[p[6]] ? ", " + effects[p[6]] : "") : "");
}

function pointWord(p) {
	const [, kind, value, , , offset, length] = p;
	if (kind === ITEM.access)
		return (value & 4 ? "forbidden " : "") + (flags[value & 3] || "access") + " at offset " + count(offset);
	if (kind === ITEM.failed) return "SYNC " + (value & 4 ? "END" : "START") + " failed with errno " + length;
	if (kind === ITEM.kernel) return kernelWord(p);
	if (kind === ITEM.map) return "mapped, " + bytes(length);
	return kind === ITEM.unmap ? "unmapped" : "stale descriptor or index used";
}

const libc = /^(ld-(linux|musl)|lib(c|pthread|dl|m|rt)[.-])/;
const isLibrary = frame => libc.test(base(frame.module));

// The frame that a reader of this code would open first.
const yours = stack => {
	const own = stack.findIndex(i => !isLibrary(page.frames[i]));
	return own < 0 ? 0 : own;
};

function frameName(frame) {
	if (frame.function) return frame.function;
	return (base(frame.module) || "no module") + "+" + frame.offset;
}
const frameFile = frame => frame.file ? frame.file + (frame.line ? ":" + frame.line : "") : "";
