// SPDX-License-Identifier: Apache-2.0
//
// usage: node generate.mjs MODEL.gguf PROMPT N [--no-mmap]
//
// Load a model with llama.cpp, continue PROMPT greedily by N tokens, and print one line of JSON:
// {"prompt": [token, ...], "tokens": [token, ...], "text": "...", "load_ms": number}.
// One thread and temperature 0: the same file gives the same tokens.
import { getLlama } from "node-llama-cpp";

const [path, prompt, count, option] = process.argv.slice(2);
if (path === undefined || prompt === undefined || !/^[0-9]+$/.test(count ?? "") ||
    ![undefined, "--no-mmap"].includes(option)) {
  console.error("usage: node generate.mjs MODEL.gguf PROMPT N [--no-mmap]");
  process.exit(2);
}

// "never": take the library that the npm package ships, or fail; never fetch or compile one.
const llama = await getLlama({ gpu: false, build: "never", progressLogs: false, logLevel: "error" });
const begin = performance.now();
const model = await llama.loadModel({ modelPath: path, useMmap: option !== "--no-mmap" });
const loaded = performance.now();

const tokens = model.tokenize(prompt);
if (model.tokens.shouldPrependBosToken) {
  tokens.unshift(model.tokens.bos);
}
const wanted = Number(count);
const context = await model.createContext({
  contextSize: tokens.length + wanted,
  threads: 1,
});
const generated = [];
if (wanted > 0) {
  for await (const token of context.getSequence().evaluate(tokens, { temperature: 0 })) {
    if (model.isEogToken(token)) {
      break;
    }
    generated.push(token);
    if (generated.length >= wanted) {
      break;
    }
  }
}
console.log(JSON.stringify({
  prompt: tokens.map(Number),
  tokens: generated.map(Number),
  text: model.detokenize(generated, false, tokens),
  load_ms: Math.round(loaded - begin),
}));
await context.dispose();
await model.dispose();
process.exit(0);
