/** A package as it lies in the reviewed folder. Plain data, because it flows between steps. */
export interface InstalledPackage {
  readonly name: string;
  /** `?` where the `package.json` does not say. */
  readonly version: string;
  /** From the reviewed folder, with `/`. */
  readonly path: string;
  /** Where it really is: links are followed. */
  readonly location: string;
  /** What `license`, or `licenses`, of the `package.json` says, as text; `undefined` where it says nothing. */
  readonly declared: string | undefined;
  /** Names of files that look like a licence, a notice of copyright or a `NOTICE`; in the package's own folder. */
  readonly files: readonly string[];
  /** `shipped`: something that is shipped needs it. `development`: only what builds and tests the product does. */
  readonly use: 'shipped' | 'development';
  /** The page of the package, or of its source, where the `package.json` names one. */
  readonly homepage: string | undefined;
  /** What is wrong with its `package.json`, so that nothing else is known of it. */
  readonly defect: string | undefined;
}

/** `name@version`, as people know a package. */
export function titleOf({ name, version }: Pick<InstalledPackage, 'name' | 'version'>): string {
  return `${name}@${version}`;
}
