import type { Path, StepsContext } from '../index.ts'

/** Expands `~`, which systemd, bundler and Ruby do not understand. `layout.home` is the home of the account that logs in. */
export const expandHome = ({ layout }: { readonly layout: { readonly home: string } }, path: Path | string): string =>
  String(path).replace(/^~(?=\/|$)/, layout.home)

/**
 * Why this login cannot write or remove files that contain the deployment's folder: that folder is under `~`, and the home is another
 * account's. Undefined: it can, or the deploying account is not known.
 */
export const otherHome = ({ paths, layout, host }: Pick<StepsContext, 'paths' | 'layout' | 'host'>): string | undefined => {
  const { deployUser: user } = host
  if (!/^~(\/|$)/.test(String(paths.deployTo)) || user === undefined || layout.user === '' || layout.user === user) return undefined
  return `deployTo is ${paths.deployTo}, in the home of ${user}, and ${layout.user} logged in. Log in as ${user}, or set deployTo to an absolute path`
}
