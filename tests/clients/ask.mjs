// Asks an endpoint with Comunica as it comes: one line of JSON for each query, in JSON, that is read from standard input.
import { createInterface } from "node:readline";
import { QueryEngine } from "@comunica/query-sparql";

const engine = new QueryEngine();
const context = { sources: [process.argv[2]], httpRetryCount: 0 };

for await (const line of createInterface({ input: process.stdin })) {
  const result = await engine.query(JSON.parse(line), context);
  const found = await result.execute();
  console.log(JSON.stringify(result.resultType === "boolean" ? found : (await found.toArray()).map(plain)));
}

function plain(item) {
  if (item.termType === "Quad") {
    return [item.subject.value, item.predicate.value, item.object.value];
  }
  return Object.fromEntries([...item].map(([variable, term]) => [variable.value, term.value]));
}
