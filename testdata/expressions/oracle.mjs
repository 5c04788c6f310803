// Answers lines of JSON {expr, contexts, failed} with lines of JSON {kind, text, json} or {error},
// by the official evaluator of expressions in the folder that the first argument names.
import {createInterface} from "node:readline";
import {pathToFileURL} from "node:url";
import {resolve} from "node:path";

const home = resolve(process.argv[2], "node_modules/@actions/expressions/dist/index.js");
const {Lexer, Parser, Evaluator, data} = await import(pathToFileURL(home));

function functionsOf(failed) {
  const status = {always: true, success: !failed, failure: failed, cancelled: false};
  return new Map(Object.entries(status).map(([name, value]) =>
    [name, {name, description: "", minArgs: 0, maxArgs: 255, call: () => new data.BooleanData(value)}]));
}

function plain(d) {
  switch (d.kind) {
    case data.Kind.Array:
      return d.values().map(plain);
    case data.Kind.Dictionary:
      return {object: d.pairs().map(p => [p.key, plain(p.value)])};
    case data.Kind.Null:
      return null;
    case data.Kind.Number:
      return Number.isFinite(d.value) ? d.value : {number: String(d.value)};
    default:
      return d.value;
  }
}

function answer(line) {
  const {expr, contexts, failed} = JSON.parse(line);
  const functions = functionsOf(failed ?? false);
  const context = JSON.parse(JSON.stringify(contexts ?? {}), data.reviver);
  try {
    const tokens = new Lexer(expr).lex().tokens;
    const tree = new Parser(tokens, Object.keys(contexts ?? {}), [...functions.values()]).parse();
    const result = new Evaluator(tree, context, functions).evaluate();
    return {kind: data.Kind[result.kind], text: result.coerceString(), json: plain(result)};
  } catch (e) {
    return {error: e.message};
  }
}

for await (const line of createInterface({input: process.stdin})) {
  process.stdout.write(JSON.stringify(answer(line)) + "\n");
}
