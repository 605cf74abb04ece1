import type { Path } from '../src/index.ts'

/** Expands `~`, which systemd, bundler and Ruby do not understand. `layout.home` is the home of the account that logs in. */
export const absolute = ({ layout }: { readonly layout: { readonly home: string } }, place: Path | string): string =>
  String(place).replace(/^~(?=\/|$)/, layout.home)
