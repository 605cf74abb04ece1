import type { Path } from '../src/index.ts'

/** A path without `~`, for programs that do not know it: systemd, bundler, Ruby. `layout.home` is the home of the account that logs in. */
export const absolute = ({ layout }: { readonly layout: { readonly home: string } }, place: Path | string): string =>
  String(place).replace(/^~(?=\/|$)/, layout.home)
