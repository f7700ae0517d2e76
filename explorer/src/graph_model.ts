// What a graph holds and which part of it is shown: entities around those that were expanded, best supported first.

export interface GraphNode {
  readonly id: string;
  readonly label: string;
  readonly category: string;
}

export interface GraphEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly relation: string;
  readonly label: string;
  readonly polarity: string;
  readonly claims: readonly string[];
  readonly sources: readonly string[];
  readonly figures: readonly string[];
}

export interface Neighbourhood {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface Part {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Neighbours of what was expanded that are left out. */
  readonly left: number;
}

export class Model {
  readonly nodes = new Map<string, GraphNode>();
  readonly edges = new Map<string, GraphEdge>();
  /** In the order of expansion; the first is the entity of the page. */
  readonly expanded: string[] = [];
  readonly hidden = new Set<string>();

  add(entity: string, neighbourhood: Neighbourhood): void {
    for (const node of neighbourhood.nodes) this.nodes.set(node.id, node);
    for (const edge of neighbourhood.edges) this.edges.set(edge.id, edge);
    if (!this.expanded.includes(entity)) this.expanded.push(entity);
  }

  label(id: string): string {
    return this.nodes.get(id)?.label ?? id;
  }

  /** Relations with the number of their edges, most frequent first. */
  relations(): [relation: string, label: string, count: number][] {
    const counted = new Map<string, [string, string, number]>();
    for (const { relation, label } of this.edges.values()) {
      const entry = counted.get(relation) ?? [relation, label, 0];
      entry[2] += 1;
      counted.set(relation, entry);
    }
    return [...counted.values()].sort((a, b) => b[2] - a[2] || a[1].localeCompare(b[1]));
  }

  /** What is shown: around each expanded entity the neighbours with most claims, `most` of them, and edges among them if so wished. */
  part(most: number, withEdgesBetween: boolean): Part {
    const shown = new Set(this.expanded);
    const open = [...this.edges.values()].filter((edge) => !this.hidden.has(edge.relation));
    let left = 0;
    for (const entity of this.expanded) {
      const weights = new Map<string, number>();
      for (const edge of open) {
        if (edge.source !== entity && edge.target !== entity) continue;
        const other = edge.source === entity ? edge.target : edge.source;
        weights.set(other, (weights.get(other) ?? 0) + Math.max(edge.claims.length, 0.5));
      }
      const ranked = [...weights].sort((a, b) => b[1] - a[1] || this.label(a[0]).localeCompare(this.label(b[0])));
      for (const [other] of ranked.slice(0, most)) shown.add(other);
      left += Math.max(0, ranked.length - most);
    }
    const touching = (edge: GraphEdge): boolean => this.expanded.includes(edge.source) || this.expanded.includes(edge.target);
    return {
      nodes: [...shown].map((id) => this.nodes.get(id) ?? { id, label: id, category: "" }),
      edges: open.filter((edge) => shown.has(edge.source) && shown.has(edge.target) && (withEdgesBetween || touching(edge))),
      left,
    };
  }
}

/** A statement in words, as it is read aloud and shown. */
export function sentence(model: Model, edge: GraphEdge): string {
  const words = `${model.label(edge.source)} ${edge.label} ${model.label(edge.target)}`;
  return edge.polarity === "denies" ? `Denied: ${words}` : words;
}

const LINE = 20; // characters

/** Break a label into lines of about LINE characters. */
export function breakLines(label: string): string[] {
  const lines: string[] = [];
  for (const word of label.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last !== undefined && `${last} ${word}`.length <= LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
