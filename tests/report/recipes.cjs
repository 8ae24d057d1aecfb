// SPDX-License-Identifier: MIT
// The recipes of docs/ci.md: recipes.cjs DIRECTORY writes every command of theirs as a script there.
"use strict";
const fs = require("fs");
const path = require("path");
const yaml = require("yaml");

const text = fs.readFileSync(path.join(__dirname, "../../docs/ci.md"), "utf8"), out = process.argv[2];
const write = (name, script) => fs.writeFileSync(path.join(out, name + ".sh"), script + "\n");

// Commands of a job: lists of lines, or a block.
function jobs(doc) {
	if (doc.jobs) // GitHub
		return Object.entries(doc.jobs).map(([name, job]) => ["github-" + name, job.steps.map(s => s.run || "").join("\n")]);
	if (doc.metadata) // LAVA
		return [["lava", Object.entries(doc.params).map(([k, v]) => k + "='" + v + "'").concat(doc.run.steps).join("\n")]];
	return Object.entries(doc).map(([name, job]) => ["gitlab-" + name, job.script.join("\n")]);
}

for (const [, kind, body] of text.matchAll(/```(yaml|sh)\n([\s\S]*?)```/g)) {
	if (kind === "sh") write("gate", body);
	else for (const [name, script] of jobs(yaml.parse(body))) write(name, script);
}
