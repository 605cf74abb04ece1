import type { Path } from '../src/index.ts'

/** A path without `~`, for what knows none: systemd, bundler, Ruby. `layout.home` is the home of the account that logs in. */
export const absolute = ({ layout }: { readonly layout: { readonly home: string } }, place: Path | string): string =>
  String(place).replace(/^~(?=\/|$)/, layout.home)
