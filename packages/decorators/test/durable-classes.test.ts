import { InMemoryJournal, type Journal } from '@drawloom/core';
import {
  allOf,
  Container,
  drawloom,
  End,
  ForEach,
  Start,
  State,
  Step,
  WorkflowBase,
  workflows,
  type PerItem,
} from '@drawloom/decorators';
import { DyingJournal } from '../../core/test/support/dying-journal.js';

/** What was really done, across executions. */
const log: string[] = [];
beforeEach(() => log.splice(0));

class Tally extends WorkflowBase<number, string> {
  @State({ merge: 'append' }) notes: readonly string[] = [];
  @State({ merge: (current: number, mine: number, base: number) => current + mine - base }) sum = 0;
  @State() last = '';

  @Start() begin(count: number): number[] {
    log.push('begin');
    this.last = 'begin';
    return Array.from({ length: count }, (_, index) => index + 1);
  }
  @Step({ after: 'begin' }) left(list: number[]): number {
    log.push('left');
    this.notes = [...this.notes, 'left'];
    this.sum += list.length;
    return list.length;
  }
  @ForEach({ after: 'begin' }) each(item: PerItem<number>): PerItem<number> {
    log.push(`each ${String(item)}`);
    this.sum += item as unknown as number;
    return item;
  }
  @End({ after: allOf('left', 'each') }) tell({ left, each }: { left: number; each: number[] }): string {
    log.push('tell');
    return `${left} ${each.join('+')} ${this.notes.join()} ${this.sum} ${this.last}`;
  }
}

const handle = (journal: Journal): Tally => {
  const container = new Container();
  container.load(drawloom({ journal }), workflows(Tally));
  return container.get(Tally);
};

describe('A class with a journal', () => {
  it('keeps its state, whatever the moment of the crash', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    const { output } = await handle(whole).run(3);
    expect(output).toBe('3 1+2+3 left 9 begin');
    for (let writes = 1; writes < whole.writes; writes++) {
      log.splice(0);
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes);
      void handle(dying).run(3, { runId: 'r' });
      await dying.died;
      const result = await handle(journal).resume('r', { takeOver: true });
      expect(result.output).toBe(output);
      expect(log.filter((entry) => entry === 'begin')).toHaveLength(1);
    }
  });

  it('is forked with the state that was there, and has its own from then on', async () => {
    const journal = new InMemoryJournal();
    const { output } = await handle(journal).run(3, { runId: 'r' });
    log.splice(0);
    const forked = await handle(journal).fork('r', { from: 'tell', runId: 'f' });
    expect(forked).toMatchObject({ runId: 'f', output });
    expect(log).toEqual(['tell']);
    expect((await handle(journal).fork('r', { from: 'each' })).output).toBe(output);
    expect(log.filter((entry) => entry === 'begin')).toEqual([]);
    log.splice(0);
  });

  it('is carried out by one executor of its container, however many handles there are', async () => {
    const container = new Container();
    container.load(drawloom({ journal: new InMemoryJournal() }), workflows(Tally));
    const [one, two] = await Promise.all([
      container.get(Tally).run(1, { runId: 'r' }),
      container.get(Tally).run(1, { runId: 'r' }),
    ]);
    expect(one).toBe(two);
    expect(log).toEqual(['begin', 'left', 'each 1', 'tell']);
  });
});

class Letters extends WorkflowBase<string, string> {
  @Step({ inline: true }) async load(id: string): Promise<string> {
    log.push(`load ${id}`);
    return id.toUpperCase();
  }
  @Start() @End() async both(id: string): Promise<string> {
    const first = await this.load(`${id}1`);
    return `${first} ${await this.load(`${id}2`)}`;
  }
}

it('An inline step of a class with a journal is not called again for what is recorded, whatever the moment of the crash', async () => {
  const start = (journal: Journal): Letters => {
    const container = new Container();
    container.load(drawloom({ journal }), workflows(Letters));
    return container.get(Letters);
  };
  const whole = new DyingJournal(new InMemoryJournal(), Infinity);
  expect((await start(whole).run('a')).output).toBe('A1 A2');
  const calls: number[] = [];
  for (let writes = 1; writes < whole.writes; writes++) {
    log.splice(0);
    const journal = new InMemoryJournal();
    const dying = new DyingJournal(journal, writes);
    void start(dying).run('a', { runId: 'r' });
    await dying.died;
    expect((await start(journal).resume('r', { takeOver: true })).output).toBe('A1 A2');
    calls.push(log.length);
  }
  expect(calls).toEqual([2, 2, 2, 2]); // the process dies when a call is recorded: none is made twice
});
