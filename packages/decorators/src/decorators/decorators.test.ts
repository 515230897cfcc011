import { END } from '@drawloom/core';
import { z } from 'zod';
import { allOf, Configure, End, ForEach, Router, Start, State, Step, WorkflowBase, type PerItem } from '../index.js';
import { readMetadata, type MarkedMember } from '../metadata/class-metadata.js';

function describedMember(type: object, name: string | symbol): MarkedMember | undefined {
  return readMetadata(type).members.find((member) => member.name === name);
}

const text = z.string();

class Reply extends WorkflowBase<string, string> {
  @State({ merge: 'append' }) readonly notes: readonly string[] = ['first'];

  @Start({ input: text })
  @Router({ routes: { ask: 'words', stop: END } })
  choose(question: string): 'ask' | 'stop' {
    return question === '' ? 'stop' : 'ask';
  }
  @Step() words(question: string): string[] {
    return question.split(' ');
  }
  @ForEach({ after: 'words', concurrency: 2 }) measure(word: string): PerItem<number> {
    return word.length;
  }
  @End({ after: allOf('words', 'measure'), timeout: '1s' }) answer(found: { measure: number[] }): string {
    return found.measure.join();
  }
}

describe('a decorator', () => {
  it.each([
    ['notes', 'property', [{ decorator: 'State', options: { merge: 'append' } }]],
    [
      'choose',
      'method',
      [
        { decorator: 'Router', options: { routes: { ask: 'words', stop: END } } },
        { decorator: 'Start', options: { input: text } },
      ],
    ],
    ['words', 'method', [{ decorator: 'Step', options: undefined }]],
    ['measure', 'method', [{ decorator: 'ForEach', options: { after: 'words', concurrency: 2 } }]],
    ['answer', 'method', [{ decorator: 'End', options: { after: allOf('words', 'measure'), timeout: '1s' } }]],
  ])('leaves a mark with its options as they were given: %s', (name, on, marks) => {
    expect(describedMember(Reply, name)).toEqual({ name, on, marks });
  });

  it('leaves the member as it is: neither wrapped nor defined anew', () => {
    const before = Object.getOwnPropertyDescriptor(
      class {
        words(): void {}
      }.prototype,
      'words',
    )!;
    const { value, ...flags } = Object.getOwnPropertyDescriptor(Reply.prototype, 'words')!;
    expect(flags).toEqual({ enumerable: before.enumerable, writable: before.writable, configurable: true });
    expect(String(value)).toContain('question.split(');
    expect(new Reply().words('a b')).toEqual(['a', 'b']);
    expect(new Reply().notes).toEqual(['first']);
    expect(Object.keys(new Reply())).toContain('notes');
  });

  it('marks the class that it stands in and no other', () => {
    class Longer extends Reply {
      @Step({ after: 'words' }) count(words: string[]): number {
        return words.length;
      }
      @Step({ retry: {} }) override words(question: string): string[] {
        return [question];
      }
    }
    class Sibling extends Reply {}

    expect(describedMember(Longer, 'count')).toBeDefined();
    expect(describedMember(Longer, 'words')?.marks).toEqual([{ decorator: 'Step', options: { retry: {} } }]);
    for (const other of [Reply, Sibling]) {
      expect(describedMember(other, 'count')).toBeUndefined();
      expect(describedMember(other, 'words')?.marks).toEqual([{ decorator: 'Step', options: undefined }]);
    }
  });

  it('tells what it stands on, for start-up to judge', () => {
    const untyped = (decorate: unknown) =>
      decorate as (target: object, name: string | symbol, descriptor?: object) => void;
    class Odd {}
    const secret = Symbol('secret');
    untyped(Step())(Odd, 'shared', { value: () => 1 });
    untyped(Step())(Odd.prototype, 'accessor', { get: () => 1 });
    untyped(Step())(Odd.prototype, secret, { value: () => 1 });

    expect(describedMember(Odd, 'shared')?.on).toBe('static member');
    expect(describedMember(Odd, 'accessor')?.on).toBe('accessor');
    expect(describedMember(Odd, secret)?.on).toBe('method');
  });
});

describe('@Configure', () => {
  it('keeps the options of each class apart from those of its parent', () => {
    @Configure({ name: 'reply', maxSteps: 7 })
    class Named extends Reply {}
    @Configure()
    class Renamed extends Named {}

    expect(readMetadata(Reply).configurations).toEqual([]);
    expect(readMetadata(Named).configurations).toEqual([{ type: Named, options: { name: 'reply', maxSteps: 7 } }]);
    expect(readMetadata(Renamed).configurations).toEqual([
      { type: Named, options: { name: 'reply', maxSteps: 7 } },
      { type: Renamed, options: {} },
    ]);
  });
});
