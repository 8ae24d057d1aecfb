// SPDX-License-Identifier: MIT
// Checks reports with schemas and parsers of other people: validate.cjs json|sarif|trace FILE...
// Prints what is wrong, one line each; exit status 1 when anything is.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");
const Ajv = require("ajv");
const Ajv2020 = require("ajv/dist/2020");
const formats = require("ajv-formats");

const read = file => JSON.parse(fs.readFileSync(file, "utf8"));
const packaged = (name, file) => path.join(process.env.NODE_PATH, name, file);

// A function that lists what is wrong with a document.
function bySchema(ajv, schema) {
	formats(ajv);
	const check = ajv.compile(schema);
	return file => check(read(file)) ? [] : check.errors.map(e => e.instancePath + " " + e.message);
}

// The project's own contract; made closed here, so that no key is written which it does not name.
function close(schema) {
	if (schema === null || typeof schema !== "object") return schema;
	for (const value of Object.values(schema)) close(value);
	if (schema.type === "object" && schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
	return schema;
}
const ownSchema = () => bySchema(new Ajv2020({strict: false, allErrors: true}),
	close(read(path.join(__dirname, "../../docs/dmasan-findings-1.schema.json"))));

// OASIS' schema, as Microsoft's package carries it.  It is a draft 4 schema, which ajv reads apart from the word "id".
function sarifSchema() {
	const schema = read(packaged("@microsoft/jest-sarif", "lib/schemas/sarif-2.1.0-rtm.5.json"));
	delete schema.$schema;
	delete schema.id;
	return bySchema(new Ajv({strict: false, allErrors: true, unicodeRegExp: false}), schema);
}

// ---- trace events, by the model that Chromium's developer tools load traces with ----

function traceModel() {
	const complaints = [], root = packaged("chrome-devtools-frontend", "front_end/");
	const log = {error: (...a) => complaints.push(a.join(" ")), assert: (ok, ...a) => ok || complaints.push(a.join(" ")), log() {}, warn() {}};
	const world = vm.createContext({console: log, SDK: {}, Common: {UIString: s => s, console: log}});
	world.window = world.self = world;
	for (const file of ["platform/utilities.js", "sdk/TracingModel.js"])
		vm.runInContext(fs.readFileSync(root + file, "utf8"), world, {filename: file});
	world.storage = {appendString() {}, appendAccessibleString() { return async () => null; }, finishWriting() {}, reset() {}};
	return {world, complaints};
}

function loadTrace(file) {
	const {world, complaints} = traceModel();
	world.events = read(file).traceEvents;
	const threads = vm.runInContext(`(() => {
		const model = new SDK.TracingModel(storage);
		model.addEvents(events);
		model.tracingComplete();
		return model.sortedProcesses().flatMap(p => [...p._threads.values()]);
	})()`, world);
	return {events: world.events, complaints, async: threads.flatMap(t => t.asyncEvents()), sync: threads.flatMap(t => t.events())};
}

// Every slice has an end, and none was lost: the model must have made one of every pair.
function checkTrace(file) {
	const t = loadTrace(file), of = ph => t.events.filter(e => e.ph === ph).length, begun = of("b"), wrong = t.complaints.slice();
	if (of("e") !== begun) wrong.push(begun + " slices begin, " + of("e") + " end");
	if (t.async.length !== begun) wrong.push(begun + " slices begin, " + t.async.length + " were understood");
	for (const e of t.async)
		if (!(e.endTime >= e.startTime)) wrong.push("a slice without an end: " + e.name);
	// slices of one thread that overlap are what the viewer refuses
	const last = new Map();
	for (const e of t.events.filter(x => x.ph === "X").sort((x, y) => x.ts - y.ts)) {
		const key = e.pid + "/" + e.tid;
		if (last.has(key) && last.get(key) > e.ts + 1e-9) wrong.push("slices overlap on thread " + key);
		last.set(key, e.ts + e.dur);
	}
	return wrong;
}

const kinds = {json: ownSchema, sarif: sarifSchema, trace: () => checkTrace};
const [kind, ...files] = process.argv.slice(2);
if (!kinds[kind] || !files.length) {
	console.error("usage: validate.cjs json|sarif|trace FILE...");
	process.exit(2);
}
const check = kinds[kind]();
for (const file of files) {
	const wrong = check(file);
	wrong.slice(0, 10).forEach(text => console.log(file + ": " + text));
	if (wrong.length) process.exitCode = 1;
}
