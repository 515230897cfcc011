import type { EdgeCoverage } from '../edges/edge-coverage.js';
import { didYouMean } from '../nearest-name.js';
import { quoted } from '../read-run.js';
import { misuse, verdict, type MatcherContext, type MatcherResult, type Signature } from './matcher-context.js';

const COVERED: Signature = { name: 'toCoverEveryEdge', parameters: 'options' };

/** What {@link DrawloomMatchers.toCoverEveryEdge} takes. */
export interface EdgeCoverageOptions {
  /** Edges that need not be taken, as the report names them. One that is taken, or that does not exist, fails the test. */
  readonly except?: readonly string[];
}

/** See {@link DrawloomMatchers.toCoverEveryEdge}. */
export function toCoverEveryEdge(
  this: MatcherContext,
  received: unknown,
  { except = [] }: EdgeCoverageOptions = {},
): MatcherResult {
  if (!isEdgeCoverage(received)) {
    return misuse(this, COVERED, 'the received value must be what edgeCoverage(workflow) returned');
  }
  const wrong = wrongExceptions(received, except);
  if (wrong.length > 0)
    return misuse(this, COVERED, 'the list "except" is wrong', '', ...wrong, '\n' + received.report());

  const missed = received.missed.filter((edge) => !except.includes(edge));
  return verdict(this, COVERED, missed.length === 0, () => [
    missed.length === 0 ? 'Expected an edge that no run took' : `Expected every edge to be taken${butFor(except)}`,
    except.length === 0 || missed.length === 0 ? '' : `Missed: ${quoted(missed)}`,
    '\n' + received.report(),
  ]);
}

function butFor(except: readonly string[]): string {
  return except.length === 0 ? '' : `, but for ${quoted(except)}`;
}

/** With them the list would say less and less of what the tests leave out. */
function wrongExceptions({ edges, missed }: EdgeCoverage, except: readonly string[]): string[] {
  const names = edges.map(({ name }) => name);
  return except.flatMap((edge) => {
    if (missed.includes(edge)) return [];
    if (names.includes(edge)) return [`${JSON.stringify(edge)} was taken: remove it from the list`];
    return [`${JSON.stringify(edge)} is no edge${didYouMean(edge, names)}: remove it from the list, or mend its name`];
  });
}

/** By its look: a coverage of a second installed copy is as good. */
function isEdgeCoverage(received: unknown): received is EdgeCoverage {
  const { edges, missed, report } = (received ?? {}) as Partial<EdgeCoverage>;
  return Array.isArray(edges) && Array.isArray(missed) && typeof report === 'function';
}
