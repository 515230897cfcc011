// Job: how long compilers take to check the edges of a large workflow class, beside the same class without decorators.
// Boundary: checks the built declarations, as users do; knows nothing of Node versions and of the other rows.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, compilers, root } from '../scripts/run-command.mjs';

export const STEPS = 150;
/** Milliseconds that the check of the class may take, with all its edges. */
export const BAR_MS = 1_000;

/**
 * @param effort { rounds: how often each compiler checks each class; the least time counts }
 * @returns { figures: by compiler { decorated, plain }, each { checkMs, instantiations }; errors }
 */
export async function measureTypeCheck({ rounds, say }) {
  const folders = { decorated: project('decorated', classOf(STEPS)), plain: project('plain', undecorated(STEPS)) };
  const figures = {};
  const errors = [];
  for (const [version, compiler] of Object.entries(compilers).sort(([a], [b]) => a - b)) {
    const name = `TypeScript ${version}`;
    try {
      for (let round = 0; round < rounds; round += 1) {
        for (const [kind, folder] of Object.entries(folders)) {
          const measured = await check(compiler, folder);
          const before = figures[name]?.[kind];
          if (!before || measured.checkMs < before.checkMs) (figures[name] ??= {})[kind] = measured;
        }
      }
      const { decorated, plain } = figures[name];
      say(`  ${STEPS} steps, ${name}: checked in ${decorated.checkMs} ms, without decorators ${plain.checkMs} ms`);
    } catch (error) {
      delete figures[name];
      errors.push(`type check, ${name}: ${error.message}`);
      say(`  ${STEPS} steps, ${name}: FAILED, ${error.message}`);
    }
  }
  return { figures, errors };
}

/** Blocks of ten steps: a chain, a fan-out with `allOf`, a router, `oneOf`, and a list. */
function classOf(steps) {
  const blocks = Array.from({ length: steps / 10 }, (_, n) => block(n, n === 0 ? undefined : `either${n - 1}`));
  return `${IMPORTS}
export class Large extends WorkflowBase<Claim, number> {
${blocks.join('')}  @End({ after: 'either${blocks.length - 1}' }) end(claim: Claim): number { return claim.amount; }
  @Step() rescue({ input }: StepFailure<Claim>): void { void input; }
}
`;
}

const IMPORTS = `import type { StepContext, StepFailure } from '@drawloom/core';
import { allOf, End, ForEach, oneOf, Router, Start, Step, WorkflowBase, type PerItem } from '@drawloom/decorators';
void [allOf, End, ForEach, oneOf, Router, Start, Step];
interface Claim { readonly id: string; readonly amount: number; readonly tags: readonly string[] }
interface Assessment { readonly claim: Claim; readonly risk: number }
`;

const block = (n, previous) => `
  ${previous ? `@Step({ after: '${previous}' })` : '@Start()'} async take${n}(claim: Claim): Promise<Claim> { return claim; }
  @Step({ after: 'take${n}', timeout: '30s', retry: { maximumAttempts: 3 }, onError: 'rescue' })
  async assess${n}(claim: Claim, context: StepContext): Promise<Assessment> { return { claim, risk: context.attempt }; }
  @Step({ after: 'take${n}' }) history${n}({ tags }: Claim): readonly string[] { return tags; }
  @Step({ after: allOf('assess${n}', 'history${n}') })
  weigh${n}(found: { assess${n}: Assessment; history${n}: readonly string[] }): Claim { return found.assess${n}.claim; }
  @Router({ after: 'weigh${n}', routes: { small: 'pay${n}', large: 'ask${n}' } })
  size${n}(claim: Claim): 'small' | 'large' { return claim.amount < ${n} ? 'small' : 'large'; }
  @Step() async pay${n}(claim: Claim): Promise<Claim> { return claim; }
  @Step() ask${n}(claim: Claim): Claim { return claim; }
  @Step({ after: oneOf('pay${n}', 'ask${n}') }) either${n}(claim: Claim): Claim { return claim; }
  @Step({ after: 'either${n}' }) list${n}(claim: Claim): Claim[] { return [claim]; }
  @ForEach({ after: 'list${n}' }) score${n}(claim: Claim): PerItem<number> { return claim.amount; }
`;

/** No decorator of the generated class has a parenthesis within a text, or more than one level of them. */
const undecorated = (steps) => classOf(steps).replaceAll(/@\w+\((?:[^()]|\([^()]*\))*\)/g, '');

/** A project in the repository's cache, from where packages resolve as they do for users. */
function project(name, source) {
  const folder = join(cacheDirectory('type-check'), name);
  mkdirSync(folder, { recursive: true });
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    experimentalDecorators: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['large.ts'] }));
  writeFileSync(join(folder, 'large.ts'), source);
  return folder;
}

function check(compiler, folder) {
  const args = [join(root, compiler), '-p', folder, '--extendedDiagnostics', '--pretty', 'false'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 1 << 24 }, (error, stdout) => {
      if (error) return reject(new Error(/error TS.*/.exec(stdout)?.[0] ?? error.message));
      const value = (name) => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1]);
      resolve({ checkMs: Math.round(value('Check time') * 1_000), instantiations: value('Instantiations') });
    });
  });
}
