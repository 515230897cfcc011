// Everything here that is no type is a matcher: `expect.extend(matchers)` takes the module whole.
export { toCoverEveryEdge, type EdgeCoverageOptions } from './to-cover-every-edge.js';
export { toHaveRouted } from './to-have-routed.js';
export { toHaveVisited, toHaveVisitedExactly } from './to-have-visited.js';
export type { DrawloomMatchers } from './drawloom-matchers.js';
