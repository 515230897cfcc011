import { toDot, type GraphDefinition, type RouteCount, type RunOverlay } from '@drawloom/core';
import { instance } from '@viz-js/viz';
import type { Finding } from '../finding.js';

/**
 * A graph with what a run did in it, as an `<svg>` element without colours of its own: the page that holds it has them. A long
 * one goes from top to bottom (`TB`): from left to right its letters would be too small to read on paper.
 */
export async function graphSvg(graph: GraphDefinition, overlay: RunOverlay, direction: 'TB' | 'LR'): Promise<string> {
  const viz = await instance();
  const dot = toDot(graph, { overlay, direction });
  const rankdir = `rankdir=${direction}`;
  const svg = viz.renderString(dot.replace(rankdir, `${rankdir}, ranksep=0.3, nodesep=0.25`), { format: 'svg' });
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(/<svg width="([^"]*)" height="[^"]*"/, '<svg role="img" width="$1"')
    .replaceAll(/<!--[^]*?-->|<title>[^]*?<\/title>/g, '')
    .replaceAll(/ font-family="[^"]*"/g, '');
}

/** The path that all packages together took through the review of one: of hundreds of nested runs no record is kept. */
export function overlayOfFindings(findings: readonly Finding[]): RunOverlay {
  const visits = new Map<string, number>();
  const routes = new Map<string, RouteCount>();
  const visit = (...nodes: readonly string[]): void => {
    for (const node of nodes) visits.set(node, (visits.get(node) ?? 0) + 1);
  };
  const ends = { permitted: 'permit', conditions: 'impose', forbidden: 'forbid' } as const;
  for (const { verdict, reading, doubts } of findings) {
    const key = reading !== undefined || doubts.length > 0 || verdict === 'unclear' ? 'unclear' : verdict;
    routes.set(key, { router: 'byVerdict', key, count: (routes.get(key)?.count ?? 0) + 1 });
    visit('examine');
    if (key !== 'unclear') visit(ends[key]);
    else if (reading === undefined) visit('read', 'leaveOpen', 'settle');
    else visit('read', 'settle');
  }
  return { visits, routes: [...routes.values()] };
}
