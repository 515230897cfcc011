import type { StepContext } from '@drawloom/core';
import { Configure, End, Start, State, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred, VirtualClock } from '@drawloom/testing';
import { settled } from '../../core/test/collect-events.js';
import { bothWays } from './support/both-ways.js';

describe('An abandoned step', () => {
  it('sees its own run, not the next one of its instance', async () => {
    const clock = new VirtualClock();
    const gate = deferred();
    const seen: unknown[] = [];
    @Configure({ clock, cancelGrace: 0 })
    class Slow extends WorkflowBase<string, unknown> {
      @Start() async wait(user: string): Promise<void> {
        await gate.promise;
        seen.push(`${user} is ${this.context.userId}`);
      }
    }
    const slow = new Slow();
    const first = slow.start('alice', { userId: 'alice' });
    await settled();
    first.cancel();
    await clock.advance(0);
    expect((await first.result()).status).toBe('cancelled');
    const second = slow.run('bob', { userId: 'bob' });
    await settled();
    gate.resolve();
    await second;
    expect(seen).toEqual(['alice is alice', 'bob is bob']);
  });

  it('writes nothing into the state of the next run of its instance', async () => {
    const clock = new VirtualClock();
    const gates = { alice: deferred(), bob: deferred() };
    @Configure({ clock, cancelGrace: 0 })
    class Slow extends WorkflowBase<'alice' | 'bob', unknown> {
      @State({ merge: 'last' }) secret = 'none';
      @Start() async wait(user: 'alice' | 'bob'): Promise<void> {
        this.secret = `of ${user}`;
        await gates[user].promise;
      }
      @End({ after: 'wait' }) read(): unknown {
        return this.secret;
      }
      @Start() async early(user: 'alice' | 'bob'): Promise<unknown> {
        await gates[user].promise;
        await settled();
        return this.secret;
      }
    }
    const slow = new Slow();
    const first = slow.start('alice');
    await settled();
    first.cancel();
    await clock.advance(0);
    const second = slow.run('bob');
    await settled();
    gates.bob.resolve();
    await second;
    gates.alice.resolve();
    await settled();
    expect(slow.secret).toBe('of bob');
  });
});

describe.each(bothWays)('An attempt that timed out, %s,', (_, make) => {
  it('leaves no trace in the state when it succeeds too late', async () => {
    const clock = new VirtualClock();
    const late = deferred();
    const hold = deferred();
    @Configure({ clock, cancelGrace: 0 })
    class Tries extends WorkflowBase<null, unknown> {
      @State({ merge: 'last' }) notes = 'none';
      @Start({ timeout: '1s', retry: { maximumAttempts: 2, initialInterval: 0 } })
      async attempt(__: null, { attempt }: StepContext): Promise<void> {
        this.notes = `attempt ${attempt}`;
        if (attempt === 1) await late.promise;
      }
      @End({ after: 'attempt' }) async read(): Promise<unknown> {
        await hold.promise;
        return this.notes;
      }
      @Step({ after: 'read' }) after(): unknown {
        return this.notes;
      }
    }
    const running = make(Tries).run(null);
    await clock.advance('1m');
    late.resolve();
    await settled();
    hold.resolve();
    const result = await running;
    expect([result.output, result.perStep['after']]).toEqual(['attempt 2', 'attempt 2']);
  });

  it('writes into no later attempt', async () => {
    const clock = new VirtualClock();
    const late = deferred();
    const hold = deferred();
    @Configure({ clock, cancelGrace: 0 })
    class Tries extends WorkflowBase<null, unknown> {
      @State() notes = 'none';
      @Start({ timeout: '1s', retry: { maximumAttempts: 2, initialInterval: 0 } })
      async attempt(__: null, { attempt }: StepContext): Promise<void> {
        if (attempt === 1) {
          await late.promise;
          this.notes = 'attempt 1, too late';
        } else {
          this.notes = 'attempt 2';
          await hold.promise;
        }
      }
      @End({ after: 'attempt' }) read(): unknown {
        return this.notes;
      }
    }
    const running = make(Tries).run(null);
    await clock.advance('1s');
    late.resolve();
    await settled();
    hold.resolve();
    expect((await running).output).toBe('attempt 2');
  });
});
