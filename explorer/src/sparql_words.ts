// What the editor knows of SPARQL beside its colours: keywords, which prefixes a query needs, which variables it has.

export const KEYWORDS: readonly string[] = (
  "SELECT DISTINCT REDUCED CONSTRUCT DESCRIBE ASK WHERE FROM NAMED GRAPH OPTIONAL UNION MINUS FILTER BIND VALUES AS PREFIX BASE " +
  "EXISTS IN NOT LIMIT OFFSET HAVING UNDEF COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT SEPARATOR STR LANG LANGMATCHES DATATYPE BOUND IRI " +
  "BNODE RAND ABS CEIL FLOOR ROUND CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH " +
  "DAY HOURS MINUTES SECONDS TIMEZONE NOW UUID STRUUID MD5 SHA1 SHA256 COALESCE IF STRLANG STRDT SAMETERM ISIRI ISBLANK ISLITERAL " +
  "ISNUMERIC REGEX SUBSTR REPLACE ASC DESC"
)
  .split(" ")
  .concat("GROUP BY", "ORDER BY")
  .sort();

/** The query without what may hold anything: comments, strings and IRIs become blanks of the same length. */
function bare(query: string): string {
  const free = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<[^<>"{}|^`\\\s]*>|#[^\n]*/g;
  return query.replaceAll(free, (part) => " ".repeat(part.length));
}

/** Prefixes that the query uses and does not declare, and that are known. */
export function missingPrefixes(query: string, known: Readonly<Record<string, string>>): string[] {
  const text = bare(query);
  const declared = new Set([...text.matchAll(/\bPREFIX\s+([\w.-]*):/gi)].map((match) => match[1]));
  const used = new Set([...text.matchAll(/(?<![\w?$:@.-])([A-Za-z][\w.-]*):/g)].map((match) => match[1] ?? ""));
  return [...used].filter((prefix) => !declared.has(prefix) && Object.hasOwn(known, prefix));
}

/** The declarations of these prefixes, a line each. */
export function declarations(prefixes: readonly string[], known: Readonly<Record<string, string>>): string {
  return prefixes.map((prefix) => `PREFIX ${prefix}: <${known[prefix]}>\n`).join("");
}

export function variables(query: string): string[] {
  return [...new Set([...bare(query).matchAll(/[?$](\w+)/g)].map((match) => match[1] ?? ""))].sort();
}
