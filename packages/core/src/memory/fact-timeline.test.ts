import fc from 'fast-check';
import { addStatement, factsOf, holdsAt, leastNeeded, normalizePredicate, type Statement } from './fact-timeline.js';

const statement = (object: string, validFrom: number, more: Partial<Statement> = {}): Statement => ({
  subject: 's',
  predicate: 'p',
  object,
  validFrom,
  learnedAt: 0,
  sequence: 0,
  ...more,
});

/** What holds at a moment, asked of the statements alone: the last one that has begun, unless it has ended. */
function naiveObjectAt(statements: readonly Statement[], time: number): string | undefined {
  let current: Statement | undefined;
  for (const each of statements) {
    if (each.validFrom <= time && (current === undefined || each.validFrom >= current.validFrom)) current = each;
  }
  return current !== undefined && time < (current.validUntil ?? Infinity) ? current.object : undefined;
}

const arbitraryStatement = fc
  .record({
    object: fc.constantFrom('a', 'b', 'c'),
    validFrom: fc.nat(9),
    lasts: fc.option(fc.integer({ min: 1, max: 9 })),
  })
  .map(({ object, validFrom, lasts }) => {
    return statement(object, validFrom, lasts === null ? {} : { validUntil: validFrom + lasts });
  });

function timelineOf(statements: readonly Statement[]): Statement[] {
  const timeline: Statement[] = [];
  for (const [sequence, each] of statements.entries())
    addStatement(timeline, { ...each, sequence, learnedAt: sequence });
  return timeline;
}

describe('factsOf', () => {
  it('A. says of every moment what the last statement that has begun says, as of any time of knowing', () => {
    fc.assert(
      fc.property(fc.array(arbitraryStatement, { maxLength: 12 }), fc.nat(12), (statements, known) => {
        const timeline = timelineOf(statements);
        for (const knownAt of [known, Infinity]) {
          const facts = factsOf(timeline, knownAt).map(({ fact }) => fact);
          const told = statements.slice(0, knownAt === Infinity ? undefined : knownAt + 1);
          for (let time = -1; time < 20; time += 0.5) {
            const holding = facts.filter((fact) => holdsAt(fact, time));
            expect(holding.map(({ object }) => object)).toEqual(
              [naiveObjectAt(told, time)].filter((object) => object !== undefined),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('B. never gives an empty fact, nor the same object twice without a gap', () => {
    fc.assert(
      fc.property(fc.array(arbitraryStatement, { maxLength: 12 }), (statements) => {
        const facts = factsOf(timelineOf(statements)).map(({ fact }) => fact);
        for (const [index, { object, validFrom, validUntil = Infinity }] of facts.entries()) {
          expect(validUntil).toBeGreaterThan(validFrom);
          const next = facts[index + 1];
          if (next === undefined) continue;
          expect(next.validFrom).toBeGreaterThanOrEqual(validUntil);
          expect([next.object, next.validFrom]).not.toEqual([object, validUntil]);
        }
      }),
    );
  });

  it('A. does not depend on the order of arrival, where no two begin at once', () => {
    const story = fc.uniqueArray(arbitraryStatement, { selector: ({ validFrom }) => validFrom, maxLength: 8 });
    const shuffled = story.chain((statements) =>
      fc.tuple(fc.constant(statements), fc.shuffledSubarray(statements, { minLength: statements.length })),
    );
    const shown = (statements: readonly Statement[]) =>
      factsOf(timelineOf(statements)).map(({ fact: { object, validFrom, validUntil } }) => [
        object,
        validFrom,
        validUntil,
      ]);
    fc.assert(fc.property(shuffled, ([one, other]) => expect(shown(one)).toEqual(shown(other))));
  });
});

describe('addStatement', () => {
  it('leaves out what is known already: the same of the same time, in the same session', () => {
    const timeline: Statement[] = [];
    expect(addStatement(timeline, statement('a', 1))).toBe(true);
    expect(addStatement(timeline, statement('a', 1, { sequence: 1, learnedAt: 9 }))).toBe(false);
    expect(addStatement(timeline, statement('a', 1, { sequence: 1, sessionId: 's' }))).toBe(true);
    expect(addStatement(timeline, statement('a', 1, { sequence: 2, sessionId: 's', validUntil: 2 }))).toBe(true);
  });
});

describe('leastNeeded', () => {
  it('gives up the beginning of a story that ended longest ago, never its middle', () => {
    const one = [statement('a', 1, { sequence: 5 }), statement('b', 8, { sequence: 6 })];
    const other = [statement('c', 3, { sequence: 1 }), statement('d', 4, { sequence: 2 })];
    const single = [statement('e', 0, { sequence: 0 })];
    expect(leastNeeded([one, other, single])).toBe(other[0]);
    expect(leastNeeded([one, single])).toBe(one[0]);
    expect(leastNeeded([[statement('f', 0, { sequence: 7 })], single])).toBe(single[0]);
    expect(leastNeeded([])).toBeUndefined();
  });
});

describe('normalizePredicate', () => {
  it('makes the forms of one predicate the same', () => {
    for (const form of ['Name_Is', 'name is', ' NAME-IS\t', 'name__-  is', 'ｎａｍｅ is']) {
      expect(normalizePredicate(form)).toBe('name is');
    }
    expect(normalizePredicate('_ -')).toBe('');
  });
});
