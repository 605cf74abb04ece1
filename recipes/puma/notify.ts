import { sh } from '../../src/index.ts'
import type { Command, FactsContext } from '../../src/index.ts'
import { atLeast, parseVersion } from '../../src/kit/index.ts'
import type { HostRows } from '../systemd/services.ts'

/** The versions in the Gemfile.lock of the live release, or of the newest; undefined: not known, or not there. */
export interface PumaHost {
  readonly puma: readonly number[] | undefined
  readonly sdNotify: readonly number[] | undefined
}

/** Prints the versions of Puma and of the gem with which it notifies systemd. */
export const versions = ({ paths }: Pick<FactsContext, 'paths'>): Command =>
  sh`dir=${paths.current}
if [ ! -d "$dir" ]; then for one in ${paths.releases}/*; do dir=$one; done; fi
for gem in puma sd_notify; do
  say "$gem" "$(sed -n "s/^    $gem (\\([0-9][^)]*\\))\$/\\1/p" "$dir/Gemfile.lock" 2>/dev/null)"
done`

export const parseVersions = (rows: HostRows): PumaHost => ({
  puma: parseVersion(rows.get('puma')),
  sdNotify: parseVersion(rows.get('sd_notify')),
})

/**
 * Whether Puma notifies systemd when it is up: since 6.1 by itself, since 5.1 with the gem `sd_notify`. A version that is not known counts as a
 * newer one.
 */
export const notifies = ({ puma, sdNotify }: PumaHost | { readonly puma?: undefined; readonly sdNotify?: undefined } = {}): boolean =>
  puma === undefined || atLeast(puma, [6, 1, 0]) || (sdNotify !== undefined && atLeast(puma, [5, 1, 0]))
