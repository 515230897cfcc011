import type { RunEvent } from '@drawloom/core';
import { ProgressView, type Screen } from './progress-view.js';

class RecordingScreen implements Screen {
  text = '';
  readonly columns = 60;
  constructor(readonly isTerminal: boolean) {}
  write(text: string): void {
    this.text += text;
  }
}

let time = 0;
function event(body: object, path: readonly string[] = []): RunEvent {
  return { runId: 'r', sessionId: 's', seq: 1, workflow: 'w', path, time, ...body } as unknown as RunEvent;
}
const started = (node: string, visit = 1) => event({ type: 'step.started', node, visit, input: undefined });
const completed = (node: string, visit = 1) =>
  event({ type: 'step.completed', node, visit, output: undefined, attempts: 1 });
const item = (index: number, total: number) =>
  event({ type: 'item.completed', node: 'review', visit: 1, index, total });
const routed = (key: string) =>
  event({ type: 'route.taken', router: 'byVerdict', keys: [key], targets: [], ends: false }, ['review']);

function show(view: ProgressView): void {
  time = 1_000;
  view.hear(started('inventory'));
  time = 1_500;
  view.hear(completed('inventory'));
  view.hear(started('review'));
  for (let index = 0; index < 10; index++) {
    time += 100;
    view.hear(routed(index === 3 ? 'unclear' : 'permitted'));
    view.hear(item(index, 10));
  }
  view.hear(completed('review'));
  view.hear(started('write'));
  view.hear(completed('write'));
  view.hear(started('write', 2));
  view.hear(
    event({
      type: 'step.failed',
      node: 'write',
      visit: 2,
      attempts: 1,
      error: { name: 'E', message: '' },
      isHandled: false,
    }),
  );
  view.finish();
}

/** What goes back to the first line of the tree and clears what follows. */
const REDRAW = new RegExp(`${'\u001B'}\\[(?:\\d+A|J)`, 'g');

describe('Progress', () => {
  it('is a line for each step that ended, and a few for a map, where there is no terminal', () => {
    const screen = new RecordingScreen(false);
    show(new ProgressView(screen, () => time));
    expect(screen.text.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      '✓ inventory 500 ms',
      '· review 2 of 10 200 ms',
      '· review 4 of 10 400 ms',
      '· review 6 of 10 600 ms',
      '· review 8 of 10 800 ms',
      '✓ review 10 of 10 1.0 s',
      '├ permitted 9',
      '└ unclear 1',
      '✓ write 0 ms',
      '✗ write 2 times 0 ms',
      '',
    ]);
  });

  it('is a tree that is drawn anew in a terminal, no line wider than that', () => {
    const screen = new RecordingScreen(true);
    show(new ProgressView(screen, () => time));
    const frames = screen.text.split('\u001B[J');
    expect(frames.length).toBeGreaterThan(5);
    expect(
      frames
        .at(-1)!
        .split('\n')
        .map((line) => line.trim().split(/ +/).slice(0, 2).join(' ')),
    ).toEqual(['✓ inventory', '✓ review', '├ permitted', '└ unclear', '✗ write', '']);
    expect(Math.max(...screen.text.split('\n').map((line) => line.replaceAll(REDRAW, '').length))).toBeLessThan(60);
  });

  it('is not drawn for each of many events', () => {
    const screen = new RecordingScreen(true);
    const view = new ProgressView(screen, () => 5);
    view.hear(started('review'));
    for (let index = 0; index < 500; index++) view.hear(item(index, 500));
    view.finish();
    expect(screen.text.split('\u001B[J')).toHaveLength(2);
  });
});
