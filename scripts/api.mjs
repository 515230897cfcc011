/**
 * `npm run api`: the reference of all packages, made by TypeDoc from their docstrings, into `docs/api/`. Fails where a `{@link}` leads
 * nowhere. What TypeDoc is told is in `typedoc.json`; which packages there are is seen here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';
import { root } from './run-command.mjs';

/** What each package exports, by the names that users import: those of its `package.json`, from source. */
const modules = readdirSync(join(root, 'packages')).flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([path, { source }]) => {
    const file = source && join(root, 'packages', folder, source);
    return file && existsSync(file) ? [{ name: join(name, path).replaceAll('\\', '/'), file }] : [];
  });
});

const app = await Application.bootstrapWithPlugins({ entryPoints: modules.map(({ file }) => file) });
app.converter.addUnknownSymbolResolver(({ symbolReference }, from, link) => {
  if (link === undefined) return undefined; // a type, not a link: a docstring may name what another package exports
  const name = symbolReference?.path?.map(({ path }) => path).join('.');
  const target = from.project.getReflectionsByKind(ReflectionKind.SomeExport).find((found) => found.name === name);
  return target === undefined ? undefined : { target, caption: name };
});

const project = await app.convert();
if (project === undefined) process.exit(1);
for (const [index, module] of (project.children ?? []).entries()) module.name = modules[index].name;
app.validate(project);
await app.generateOutputs(project);
process.exit(app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0);
