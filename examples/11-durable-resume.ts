/**
 * 11. Durable resume: a run outlives its process. The first process is killed, with SIGKILL, in the middle of a step; the second
 * one goes on where the journal ends. What was completed is not done again; what was in progress is, with the same key.
 */
import type { StepContext } from '@drawloom/core';
import { Container, drawloom, End, inject, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';
import { sqlite } from '@drawloom/sqlite';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands for what is outside of the process: it knows what it was asked for, whatever becomes of who asked. */
export class Services {
  constructor(private readonly file: string) {}

  ask(what: string, key: string): void {
    appendFileSync(this.file, `${what} (${key})\n`);
  }

  get asked(): string[] {
    return readFileSync(this.file, 'utf8').trim().split('\n');
  }
}

export class Order extends WorkflowBase<string, string> {
  @inject(Services) private readonly services!: Services;

  @Start()
  reserve(item: string, { idempotencyKey }: StepContext): string {
    this.services.ask('reserve', idempotencyKey);
    return item;
  }

  /** The service gets the key, so that a payment that went through just before the crash is not made twice. */
  @Step({ after: 'reserve' })
  charge(item: string, { idempotencyKey }: StepContext): string {
    this.services.ask('charge', idempotencyKey);
    const isFirstTime = this.services.asked.filter((line) => line.startsWith('charge')).length === 1;
    if (isFirstTime) process.kill(process.pid, 'SIGKILL'); // nothing is tidied up, nothing more is written
    return item;
  }

  @End({ after: 'charge' })
  ship(item: string, { idempotencyKey }: StepContext): string {
    this.services.ask('ship', idempotencyKey);
    return `${item} is on its way`;
  }
}

/** What each of the processes does. */
async function carryOut(folder: string, isFirst: boolean): Promise<void> {
  const store = sqlite(join(folder, 'runs.db'));
  const container = new Container();
  container.load(drawloom({ journal: store }), workflows(Order));
  container.bind(Services).toConstantValue(new Services(join(folder, 'services.txt')));
  const order = container.get(Order);
  // `takeOver`: the other process is known to be gone; else its lease would have to end first, which takes 30 seconds.
  const run = isFirst ? order.run('a lamp', { runId: 'order-17' }) : order.resume('order-17', { takeOver: true });
  console.log((await run).output);
  await store.close();
}

export async function main(): Promise<void> {
  const [, program = '', which, given] = process.argv;
  if (which !== undefined && given !== undefined) return carryOut(given, which === 'first');
  const folder = mkdtempSync(join(tmpdir(), 'orders-'));
  for (const process_ of ['first', 'second']) {
    const child = spawn(process.execPath, [program, process_, folder], { stdio: 'inherit' });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    console.log(`The ${process_} process ended with ${signal ?? code}.`);
  }
  console.log(new Services(join(folder, 'services.txt')).asked.join('\n'));
}
