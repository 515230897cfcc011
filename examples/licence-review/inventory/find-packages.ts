/**
 * Job: every package that is installed in a folder, each once, wherever a package manager has put it: flat, nested, scoped, as a
 * workspace, linked from elsewhere, or in a store beside `node_modules` as pnpm does.
 * Boundary: reads directories and `package.json` files. What is in a licence file is no concern of it.
 *
 * A. A package is found once: by its real place, however many links lead there. So links in a circle end.
 * B. Nothing is left out in silence: a package that cannot be read is in the list, with its defect.
 */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { InstalledPackage } from './installed-package.js';
import { readManifest, type Manifest } from './read-manifest.js';

/** What is installed, and what of it is the folder's own. */
export interface Inventory {
  /** By path. */
  readonly packages: readonly InstalledPackage[];
  /** Names of the folder's own packages: they are what is shipped, and are not reviewed. */
  readonly own: readonly string[];
}

interface Place {
  readonly location: string;
  readonly manifest: Manifest;
  readonly files: readonly string[];
  readonly isOwn: boolean;
}

/** What is known so far. */
interface Search {
  readonly root: string;
  /** By their real paths (invariant A). */
  readonly places: Map<string, Place>;
  /** From each path in a `node_modules` to where it really is. */
  readonly links: Map<string, string>;
}

/** A folder that holds no packages; the message says what to do. */
export class NothingInstalledError extends Error {
  override readonly name = 'NothingInstalledError';
}

/** @throws {@link NothingInstalledError} where there is no folder `node_modules`. */
export async function findPackages(folder: string): Promise<Inventory> {
  const root = await realpath(folder).catch(() => {
    throw new NothingInstalledError(`There is no folder ${folder}.`);
  });
  if (!(await isDirectory(join(root, 'node_modules')))) {
    throw new NothingInstalledError(
      `${folder} has no node_modules: install its packages first, for instance with npm ci.`,
    );
  }
  const places = new Map<string, Place>();
  const search = { root, places, links: new Map<string, string>() };
  const manifest = await readManifest(root);
  if (manifest !== undefined) places.set(root, { location: root, manifest, files: [], isOwn: true });
  await searchModules(join(root, 'node_modules'), search);

  const shipped = shippedPlaces(search);
  const found = [...places.values()].filter(({ isOwn }) => !isOwn);
  const packages = found.map((place) => packageOf(place, root, shipped.has(place.location) || manifest === undefined));
  return {
    packages: packages.sort((one, other) => compare(one.path, other.path)),
    own: [...places.values()].flatMap(({ isOwn, manifest: { name }, location }) =>
      isOwn ? [name ?? basename(location)] : [],
    ),
  };
}

/** Where package managers keep what `node_modules` only links to: pnpm, and Yarn's linker of that kind. */
const STORES = ['.pnpm', '.store'];

async function searchModules(modules: string, search: Search): Promise<void> {
  const entries = await readdir(modules, { withFileTypes: true });
  for (const { name } of entries) {
    const path = join(modules, name);
    if (STORES.includes(name)) await searchStore(path, search);
    else if (name.startsWith('@')) await searchModules(path, search);
    else if (!name.startsWith('.')) await searchPackage(path, search);
  }
}

async function searchStore(store: string, search: Search): Promise<void> {
  for (const name of await readdir(store)) {
    const modules = name === 'node_modules' ? join(store, name) : join(store, name, 'node_modules');
    if (await isDirectory(modules)) await searchModules(modules, search);
  }
}

async function searchPackage(path: string, search: Search): Promise<void> {
  const location = await realpath(path).catch(() => undefined); // a link that leads nowhere holds no package
  if (location === undefined || !(await isDirectory(location))) return;
  const { root, places, links } = search;
  links.set(path, location);
  if (places.has(location)) return;
  const manifest = await readManifest(location);
  if (manifest !== undefined) {
    // A link to a folder of the same repository, outside of any node_modules, is a workspace.
    const isOwn = isInside(location, root) && !location.slice(root.length).split(sep).includes('node_modules');
    const files = (await readdir(location)).filter((name) => LICENCE_FILE.test(name) && !CODE_FILE.test(name));
    places.set(location, { location, manifest, files: files.sort(compare), isOwn });
  }
  const nested = join(location, 'node_modules');
  if (await isDirectory(nested)) await searchModules(nested, search);
}

const LICENCE_FILE = /^(?:un)?licen[cs]e|^copying|^copyright|^notice|[-_.]licen[cs]e(?:\.|$)/i;
const CODE_FILE = /\.(?:[cm]?[jt]sx?|json|map|html?|css|sh|py|png|svg|ya?ml)$/i;

/** Everything that an own package needs at run time, and what that needs: found as Node would find it. */
function shippedPlaces(search: Search): ReadonlySet<string> {
  const open = [...search.places.values()].filter(({ isOwn }) => isOwn);
  const reached = new Set(open.map(({ location }) => location));
  for (const { location, manifest, isOwn } of open) {
    // What an own package expects is brought by whoever uses it, not by us.
    for (const name of isOwn ? manifest.needs : [...manifest.needs, ...manifest.expects]) {
      const target = resolveFrom(location, name, search);
      if (target === undefined || reached.has(target.location)) continue;
      reached.add(target.location);
      open.push(target);
    }
  }
  return reached;
}

function resolveFrom(from: string, name: string, { root, places, links }: Search): Place | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const location = links.get(join(folder, 'node_modules', name));
    if (location !== undefined) return places.get(location);
    if (folder === root || folder === dirname(folder)) return undefined;
  }
}

function packageOf({ location, manifest, files }: Place, root: string, isShipped: boolean): InstalledPackage {
  const { declared, homepage, defect } = manifest;
  return {
    name: manifest.name ?? nameByPlace(location),
    version: manifest.version ?? '?',
    path: relative(root, location).split(sep).join('/'),
    location,
    declared,
    files,
    use: isShipped ? 'shipped' : 'development',
    homepage,
    defect,
  };
}

function nameByPlace(location: string): string {
  const scope = basename(dirname(location));
  return scope.startsWith('@') ? `${scope}/${basename(location)}` : basename(location);
}

async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

/** By code unit: the same order on every machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
