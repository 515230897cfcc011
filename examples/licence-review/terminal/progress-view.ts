import type { RunEvent } from '@drawloom/core';
import { durationText } from '../report/format.js';
import { ReviewProgress, type StepProgress } from './review-progress.js';

/** Where progress is shown: a terminal, a file, or what a test reads. */
export interface Screen {
  write(text: string): void;
  /** Whether lines can be written again. */
  readonly isTerminal: boolean;
  readonly columns: number;
}

/** The process's own: a terminal, unless the output goes elsewhere or the program runs in CI. */
export function processScreen({ stdout, env } = process): Screen {
  const isTerminal = stdout.isTTY && (env['CI'] ?? '') === '' && env['TERM'] !== 'dumb';
  return { write: (text) => void stdout.write(text), isTerminal, columns: stdout.columns ?? 100 };
}

const MARKS = { running: '·', completed: '✓', failed: '✗', cancelled: '–' } as const;
const REDRAW_EVERY_MS = 80;
/** Without a terminal a map says how far it is so often. */
const LINES_OF_A_MAP = 5;

/**
 * Shows a review while it runs: in a terminal as a tree that is drawn anew, else as a line for each step that has ended and a
 * few lines for a map.
 */
export class ProgressView {
  readonly #progress = new ReviewProgress();
  readonly #screen: Screen;
  readonly #now: () => number;
  #drawn = 0;
  #drawnAt = -Infinity;

  /** @param now Milliseconds since the epoch. */
  constructor(screen: Screen, now: () => number = Date.now) {
    this.#screen = screen;
    this.#now = now;
  }

  hear(event: RunEvent): void {
    const step = this.#progress.hear(event);
    if (!this.#screen.isTerminal) return this.#report(event, step);
    if (this.#now() - this.#drawnAt >= REDRAW_EVERY_MS) this.#draw();
  }

  /** Shows how it stands at the end. */
  finish(): void {
    if (this.#screen.isTerminal) this.#draw();
  }

  #draw(): void {
    const lines = this.#tree();
    const up = this.#drawn === 0 ? '' : `\u001B[${this.#drawn}A\u001B[J`;
    this.#screen.write(`${up}${lines.map((line) => `${cut(line, this.#screen.columns)}\n`).join('')}`);
    this.#drawn = lines.length;
    this.#drawnAt = this.#now();
  }

  #tree(): string[] {
    return this.#progress.steps.flatMap((step) => [this.#line(step), ...(step.total > 0 ? this.#branches() : [])]);
  }

  #line({ node, state, visits, startedAt, endedAt, done, total }: StepProgress): string {
    const count = total > 0 ? `${done} of ${total}` : visits > 1 ? `${visits} times` : '';
    const time = durationText((state === 'running' ? this.#now() : endedAt) - startedAt);
    return ` ${MARKS[state]} ${node.padEnd(12)} ${count.padEnd(14)} ${time.padStart(8)}`;
  }

  #branches(): string[] {
    const { agents, toolCalls } = this.#progress.readings;
    const counts = [...this.#progress.verdicts].map(([verdict, count]) => `${verdict.padEnd(12)} ${count}`);
    const lines = [
      ...counts,
      ...(agents > 0 ? [`${'agent asked'.padEnd(12)} ${agents}  (${toolCalls} tool calls)`] : []),
    ];
    return lines.map((line, at) => `   ${at === lines.length - 1 ? '└' : '├'} ${line}`);
  }

  #report(event: RunEvent, step: StepProgress | undefined): void {
    if (step === undefined) return;
    if (event.type === 'item.completed' || event.type === 'item.failed') {
      const every = Math.max(1, Math.ceil(step.total / LINES_OF_A_MAP));
      if (step.done % every === 0 && step.done < step.total) this.#screen.write(`${this.#line(step).trimEnd()}\n`);
    } else if (step.state !== 'running') {
      this.#screen.write(
        [this.#line(step), ...(step.total > 0 ? this.#branches() : [])].map((line) => `${line}\n`).join(''),
      );
    }
  }
}

function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(1, columns - 2))}…`;
}
