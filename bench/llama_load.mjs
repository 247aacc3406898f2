// SPDX-License-Identifier: Apache-2.0
// Load a GGUF with llama.cpp and print how many milliseconds that took: node bench/llama_load.mjs FILE
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const require = createRequire(new URL("../tests/services/llama/package.json", import.meta.url));
const { getLlama } = await import(pathToFileURL(require.resolve("node-llama-cpp")));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
const start = performance.now();
const model = await llama.loadModel({ modelPath: process.argv[2] });
console.log((performance.now() - start).toFixed(1));
await model.dispose();
process.exit(0);
