import { configureClass, markMember, readMetadata } from './class-metadata.js';

const mark = { decorator: 'Step', options: undefined } as const;

describe('What decorators say of a class', () => {
  it('M1 stays with the class that they stand on', () => {
    class Parent {}
    class Child extends Parent {}
    markMember(Parent, 'a', 'method', mark);
    markMember(Child, 'b', 'method', mark);
    const names = (type: object): unknown[] => readMetadata(type).members.map(({ name }) => name);
    expect([names(Parent), names(Child)]).toEqual([['a'], ['a', 'b']]);
  });

  it('M1 takes the place of what a parent says of the member, where the parent says it', () => {
    class Parent {}
    class Child extends Parent {}
    markMember(Parent, 'a', 'method', mark);
    markMember(Parent, 'b', 'method', mark);
    markMember(Child, 'a', 'property', { decorator: 'Router', options: { routes: {} } });
    expect(readMetadata(Child).members).toMatchObject([
      { name: 'a', on: 'property', marks: [{ decorator: 'Router' }] },
      { name: 'b', on: 'method' },
    ]);
    expect(readMetadata(Parent).members[0]).toMatchObject({ on: 'method', marks: [mark] });
  });

  it('M1 is not seen by whoever looks at the keys of the class', () => {
    class Marked {}
    markMember(Marked, 'a', 'method', mark);
    configureClass(Marked, {});
    expect([Object.keys(Marked), Object.getOwnPropertyNames(Marked).sort()]).toEqual([
      [],
      ['length', 'name', 'prototype'],
    ]);
  });

  it('M2 is found under a registered symbol, by any copy of the package', () => {
    class Marked {}
    markMember(Marked, 'a', 'method', mark);
    expect(Object.getOwnPropertySymbols(Marked)).toEqual([Symbol.for('drawloom.metadata')]);
  });

  it('M3 is found where standard decorators keep it, beside what legacy ones say', () => {
    class Marked {}
    const metadata = {};
    const key = (Symbol as { metadata?: symbol }).metadata ?? Symbol.for('Symbol.metadata');
    Object.defineProperty(Marked, key, { value: metadata });
    markMember(metadata, 'standard', 'method', mark);
    markMember(Marked, 'legacy', 'method', mark);
    configureClass(metadata, { name: 'marked' });
    const { members, configurations } = readMetadata(Marked);
    expect(members.map(({ name }) => name)).toEqual(['legacy', 'standard']);
    expect(configurations).toEqual([{ type: Marked, options: { name: 'marked' } }]);
  });
});
