import correct from 'spdx-correct';
import parse from 'spdx-expression-parse';
import satisfies from 'spdx-satisfies';

/** What a `package.json` says about the licence, read. */
export interface Declaration {
  /** In the names of SPDX; `undefined` where there is nothing that names a licence. */
  readonly expression: string | undefined;
  /** Whether the text was not in these names, so that the expression is what was probably meant. */
  readonly isGuess: boolean;
  /** What a reader of the report should know; `undefined` where the declaration is as it should be. */
  readonly remark: string | undefined;
}

/** Says that nobody is given a licence; npm's word for it. */
export const NO_LICENCE = 'UNLICENSED';

/** Reads what a package declares; never fails, whatever somebody has written. */
export function readDeclaration(declared: string | undefined): Declaration {
  if (declared === undefined) return { expression: undefined, isGuess: false, remark: 'It declares no licence.' };
  if (declared === NO_LICENCE) {
    return { expression: NO_LICENCE, isGuess: false, remark: 'It says that nobody is given a licence.' };
  }
  const file = /^SEE LICEN[CS]E IN (.+)$/i.exec(declared)?.[1];
  if (file !== undefined)
    return { expression: undefined, isGuess: false, remark: `For its licence it refers to ${file}.` };
  const expression = canonical(declared);
  if (expression !== undefined) return { expression, isGuess: false, remark: undefined };
  const meant = corrected(declared);
  if (meant === undefined) {
    return { expression: undefined, isGuess: false, remark: `It declares "${declared}", which names no licence.` };
  }
  return { expression: meant, isGuess: true, remark: `It declares "${declared}", which was read as ${meant}.` };
}

/** An expression in the one way to write it, without needless brackets; `undefined` where it is none. */
export function canonical(expression: string): string | undefined {
  try {
    return written(parse(expression));
  } catch {
    return undefined;
  }
}

/** The licences that an expression names, each with its exception: what an `AND` and an `OR` stand between. */
export function licencesIn(expression: string): readonly string[] {
  if (expression === NO_LICENCE) return [];
  const names = (part: parse.Info): string[] =>
    'conjunction' in part ? [...names(part.left), ...names(part.right)] : [written(part)];
  return [...new Set(names(parse(expression)))];
}

/**
 * Goes through an expression from its licences up: what each of them comes to, and what an `AND` and an `OR` make of two.
 * This is how the choice that an `OR` leaves is made.
 */
export function foldExpression<T>(expression: string, fold: ExpressionFold<T>): T {
  const of = (part: parse.Info): T => {
    if (!('conjunction' in part)) return fold.licence(written(part));
    return fold[part.conjunction](of(part.left), of(part.right));
  };
  return of(parse(expression));
}

/** {@link foldExpression} */
export interface ExpressionFold<T> {
  licence(licence: string): T;
  and(left: T, right: T): T;
  or(left: T, right: T): T;
}

/** Which of the listed licences covers this one; ranges count: `GPL-3.0-only` covers what is under `GPL-2.0-or-later`. */
export function coveredBy(licence: string, listed: readonly string[]): string | undefined {
  if (listed.includes(licence)) return licence;
  return listed.find((one) => {
    try {
      return satisfies(licence, [one]);
    } catch {
      return false; // references such as LicenseRef-scancode-public-domain are compared by name alone
    }
  });
}

function written(part: parse.Info): string {
  if ('conjunction' in part) {
    const side = (inner: parse.Info): string =>
      'conjunction' in inner && inner.conjunction !== part.conjunction ? `(${written(inner)})` : written(inner);
    return `${side(part.left)} ${part.conjunction.toUpperCase()} ${side(part.right)}`;
  }
  const { license: licence, plus, exception } = part;
  return `${licence}${plus === true ? '+' : ''}${exception === undefined ? '' : ` WITH ${exception}`}`;
}

function corrected(declared: string): string | undefined {
  try {
    return correct(declared) ?? undefined;
  } catch {
    return undefined;
  }
}
