import type { InstalledPackage } from '../inventory/installed-package.js';
import type { Obligation, Policy, Risk } from '../policy.js';
import { coveredBy, foldExpression, NO_LICENCE } from './spdx-expression.js';

/** What the policy says to a package. */
export type Verdict = 'permitted' | 'conditions' | 'forbidden' | 'unclear';

export interface Judgement {
  readonly verdict: Verdict;
  /** The licence under which the package is used: of an `OR`, the side that was chosen. */
  readonly under: string;
  readonly obligations: readonly Obligation[];
  /** Why it is forbidden; one sentence for each licence in the way. */
  readonly reasons: readonly string[];
}

/**
 * What the policy says to an expression. Of an `OR` the better side counts, of an `AND` both do. What the policy does not list
 * is forbidden: silence permits nothing.
 */
export function judge(expression: string, policy: Policy): Judgement {
  if (expression === NO_LICENCE) return forbidden(expression, 'Nobody is given a licence.');
  return foldExpression<Judgement>(expression, {
    licence: (licence) => judgeLicence(licence, policy),
    and: (left, right) => ({
      verdict: rank(left) >= rank(right) ? left.verdict : right.verdict,
      under: `${bracketed(left.under)} AND ${bracketed(right.under)}`,
      obligations: [...new Set([...left.obligations, ...right.obligations])],
      reasons: [...left.reasons, ...right.reasons],
    }),
    or: (left, right) => (rank(right) < rank(left) ? right : left),
  });
}

/** What a package puts at risk, by what the policy says to it and what it is used for. */
export function riskOf(verdict: Verdict, { use }: Pick<InstalledPackage, 'use'>, policy: Policy): Risk {
  if (verdict === 'permitted') return 'none';
  return verdict === 'conditions' ? 'low' : policy.risk[use];
}

function judgeLicence(licence: string, { permitted, conditions, forbidden: banned }: Policy): Judgement {
  if (coveredBy(licence, permitted) !== undefined)
    return { verdict: 'permitted', under: licence, obligations: [], reasons: [] };
  const condition = coveredBy(licence, Object.keys(conditions));
  if (condition !== undefined) {
    return { verdict: 'conditions', under: licence, obligations: conditions[condition]!, reasons: [] };
  }
  const ban = coveredBy(licence, Object.keys(banned));
  return forbidden(licence, ban === undefined ? `The policy does not list ${licence}.` : `${licence}: ${banned[ban]!}`);
}

function forbidden(under: string, reason: string): Judgement {
  return { verdict: 'forbidden', under, obligations: [], reasons: [reason] };
}

function rank({ verdict, obligations }: Judgement): number {
  return ['permitted', 'conditions', 'forbidden', 'unclear'].indexOf(verdict) * 10 + obligations.length;
}

function bracketed(expression: string): string {
  return expression.includes(' OR ') ? `(${expression})` : expression;
}
