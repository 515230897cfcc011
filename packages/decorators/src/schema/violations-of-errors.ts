import type { Violation } from '@drawloom/core';
import { listNames, receivedAt } from '@drawloom/core/front-end';
import type { ClassPackages, ValidationError, ValidationMetadata } from './class-packages.js';

/** Constraints that are the library's own, in words that say what is wrong. */
const READABLE: Readonly<Record<string, string>> = {
  whitelistValidation: 'unknown property',
  unknownValue: 'of no known class (is @Type missing?)',
  nestedValidation: 'object or list',
};

/** Constraints that are given the values that they allow. */
const CHOICES: readonly string[] = ['isIn', 'isEnum'];

/** Everything that class-validator found, flat, in the order of the fields. */
export function violationsOf(
  errors: readonly ValidationError[],
  input: unknown,
  packages: ClassPackages,
): readonly Violation[] {
  const rules = new Rules(packages);
  const violations: Violation[] = [];
  const open: { error: ValidationError; above: Violation['path']; isInList: boolean }[] = [];
  const add = (found: readonly ValidationError[], above: Violation['path'], isInList: boolean): void => {
    for (const error of found.toReversed()) open.push({ error, above, isInList });
  };
  add(errors, [], false);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { error, above, isInList } = next;
    const { property, value, constraints = {}, children = [] } = error;
    const key = property !== undefined && isInList ? Number(property) : property;
    const path = key === undefined ? above : [...above, key];
    for (const constraint of Object.keys(constraints)) {
      // A field that is declared, but not decorated, stands on every instance; only what came with a value is refused.
      if (constraint === 'whitelistValidation' && value === undefined) continue;
      // The input says what was sent; the instance may have it under another name, or converted.
      const sent = receivedAt(input, path);
      const received = sent === 'undefined' ? receivedAt(value) : sent;
      const message = messageOf(rules.find(error, constraint), constraint);
      const facts = { path, constraint: READABLE[constraint] ?? constraint, received };
      violations.push(message === undefined ? facts : { ...facts, message });
    }
    add(children, path, Array.isArray(value) || value instanceof Set);
  }
  return violations;
}

/** The decorators behind what was found; those of a class are looked up once. */
class Rules {
  readonly #packages: ClassPackages;
  readonly #known = new Map<unknown, ValidationMetadata[]>();

  constructor(packages: ClassPackages) {
    this.#packages = packages;
  }

  find({ target, property }: ValidationError, constraint: string): ValidationMetadata | undefined {
    const { metadata } = this.#packages;
    const type: unknown = target?.constructor;
    if (typeof type !== 'function') return undefined;
    const known = this.#known.get(type) ?? metadata.getTargetValidationMetadatas(type, '', true, false);
    this.#known.set(type, known);
    return known.find((rule) => {
      if (rule.propertyName !== property) return false;
      const [validator] = metadata.getTargetValidatorConstraints(rule.constraintCls);
      return (validator?.name ?? rule.name ?? rule.type) === constraint;
    });
  }
}

/**
 * What may be said of a rule: the author's message where it is fixed text (one that is made, or has `$value` in it, may
 * quote the value), else what the decorator was given.
 */
function messageOf(metadata: ValidationMetadata | undefined, constraint: string): string | undefined {
  if (metadata === undefined) return undefined;
  const { message, constraints = [], each } = metadata;
  const isFixed = typeof message === 'string' && !message.includes('$');
  const says = isFixed ? message : describeArguments(constraint, constraints);
  const inEach = each === true ? 'in each item' : undefined;
  return says === undefined || inEach === undefined ? (says ?? inEach) : `${says}, ${inEach}`;
}

function describeArguments(constraint: string, given: readonly unknown[]): string | undefined {
  const choices = given.find((argument) => Array.isArray(argument) && argument.every(isScalar)) as
    unknown[] | undefined;
  if (choices !== undefined && CHOICES.includes(constraint)) return `one of ${listNames(choices.map(String))}`;
  const numbers = given.filter((argument) => typeof argument === 'number');
  return numbers.length === 0 ? undefined : `set to ${numbers.join(', ')}`;
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}
