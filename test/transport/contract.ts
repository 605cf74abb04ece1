import { after, before, describe } from 'node:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SshOptions } from '../../src/inventory/types.ts'
import type { SessionOptions } from '../../src/transport/session/session.ts'
import type { Session } from '../../src/transport/types.ts'
import { contractOfEndings } from './contract-endings.ts'
import { contractOfFences } from './contract-fence.ts'
import { contractOfLocks } from './contract-locks.ts'
import { contractOfOutput } from './contract-output.ts'
import { contractOfReach } from './contract-reach.ts'
import { contractOfSteps } from './contract-steps.ts'
import { login } from './contract-places.ts'

export interface Place {
  readonly ssh: SshOptions
  stop(): Promise<void>
}

/** What a test of the contract uses: `ssh` and `dir` are set once the tests run. */
export interface Ground {
  readonly ssh: SshOptions
  /** a folder of the suite's own */
  readonly dir: string
  login(options?: SessionOptions): Promise<Session & AsyncDisposable>
}

/** The transport contract: the same tests for every transport. */
export const contract = (name: string, skip: string | false, start: () => Promise<Place>): void => {
  describe(`a session over ${name}`, { skip }, () => {
    let place: Place | undefined
    let dir = ''
    before(async () => {
      place = await start()
      dir = mkdtempSync(join(tmpdir(), 'shipit-contract-'))
    })
    after(async () => {
      await place?.stop()
      rmSync(dir, { recursive: true, force: true })
    })
    const ground: Ground = {
      get ssh() {
        return place!.ssh
      },
      get dir() {
        return dir
      },
      login: (options) => login(place!.ssh, options),
    }
    contractOfSteps(ground)
    contractOfOutput(ground)
    contractOfEndings(ground)
    contractOfLocks(ground)
    contractOfReach(ground)
    contractOfFences(ground)
  })
}
