import type { DefinitionError } from '@drawloom/core';
import { End, inject, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { thrownBy } from '../../core/test/collect-events.js';
import { bothWays, handleOf } from './support/both-ways.js';

describe.each(bothWays)('A synchronous inline step, %s,', (_, make) => {
  it('is refused in the words of classes', async () => {
    class Sync extends WorkflowBase<string, unknown> {
      @Step({ inline: true }) lookUp(id: string): string {
        return id;
      }
      @Start() ask(id: string): unknown {
        return this.lookUp(id);
      }
    }
    const error = (await thrownBy(() => make(Sync).run('x'))).cause as DefinitionError;
    expect(error).toMatchObject({ where: 'Sync.lookUp' });
    expect(error.fix).not.toMatch(/addNode|step\(\)/);
  });
});

describe('A workflow that a property holds', () => {
  class Misspelt extends WorkflowBase<number, number> {
    @Start() first(n: number): number {
      return n;
    }
    @End({ after: 'frist' as string }) last(n: number): number {
      return n;
    }
  }
  class Right extends WorkflowBase<number, number> {
    @Start() only(n: number): number {
      return n;
    }
  }
  const called: number[] = [];
  class Outer extends WorkflowBase<number, number> {
    @Start() before(n: number): number {
      called.push(n);
      return n;
    }
    @End({ after: 'before' }) readonly inner = new Misspelt();
  }

  it.each(bothWays)('has its mistakes found before any step runs (B12), %s', async (_, make) => {
    called.length = 0;
    const error = await thrownBy(() => make(Outer).run(1));
    expect([error.code, called]).toEqual(['UNKNOWN_NODE', []]);
  });

  it('is drawn as a frame (B243)', () => {
    class Around extends WorkflowBase<number, number> {
      @Start() @End() readonly right = new Right();
    }
    expect(new Around().toMermaid()).toContain('subgraph');
  });

  it('is refused where it is the workflow itself', async () => {
    class Again extends WorkflowBase<number, number> {
      @Start() @Step() @inject(Again) readonly again!: WorkflowBase<number, number>;
    }
    const error = await thrownBy(() => handleOf(Again).run(1, { maxTotalSteps: 20 }));
    expect(error.code).toBe('NESTS_ITSELF');
  });
});

describe.each(bothWays.slice(0, 1))('The drawing of a class with mistakes, %s,', (_, make) => {
  it('is a diagram that says that it is empty (B240)', () => {
    class Empty extends WorkflowBase<number, number> {}
    expect(make(Empty).toMermaid()).toContain('This workflow is empty');
  });

  it('shows what is wrong', () => {
    class Lost extends WorkflowBase<number, number> {
      @End({ after: 'nobody' as string }) last(n: number): number {
        return n;
      }
    }
    expect(make(Lost).toMermaid()).toContain('last');
  });
});
