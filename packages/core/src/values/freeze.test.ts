import { deepFreeze } from './freeze.js';

describe('deepFreeze', () => {
  it('freezes plain objects and lists at every level, and gives the same object', () => {
    const value = { list: [{ deep: { deeper: 1 } }], nothing: undefined, none: null, text: 'x' };
    expect(deepFreeze(value)).toBe(value);
    expect(Object.isFrozen(value)).toBe(true);
    expect(Object.isFrozen(value.list)).toBe(true);
    expect(Object.isFrozen(value.list[0]!.deep)).toBe(true);
  });

  it('freezes what stands after an undefined value in a list', () => {
    const value = [{ a: 1 }, undefined, { b: 2 }];
    deepFreeze(value);
    expect(value.map((item) => Object.isFrozen(item))).toEqual([true, true, true]);
  });

  it('leaves class instances as they are, and ends on cycles', () => {
    class Counter {
      count = 0;
    }
    const value: Record<string, unknown> = { counter: new Counter(), when: new Date(0) };
    value['self'] = value;
    deepFreeze(value);
    (value['counter'] as Counter).count++;
    expect((value['counter'] as Counter).count).toBe(1);
  });

  it('takes anything', () => {
    for (const value of [undefined, null, 1, 'x', Symbol('s'), () => 1]) expect(deepFreeze(value)).toBe(value);
  });
});
