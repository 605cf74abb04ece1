import { parseCommit } from '../facts/commit.ts'
import type { HostFacts, ProbeResult } from '../facts/types.ts'
import { gitHint } from '../git/hints.ts'
import { typed } from '../shell/typed.ts'
import type { Stage } from '../tasks/stage.ts'
import { withoutSecrets } from './hints.ts'

/** The commit of a ref, from the answer to `commitFact`; or why there is none. */
export const commitOf = (result: ProbeResult, ref: string, stage: Stage): HostFacts['commit'] => {
  if (!result.ok) {
    const url = typed(stage.repoUrl ?? '')
    return {
      error: `the repository cannot be read: git ls-remote ${url}: exit ${result.code}${result.stderr ? `\n${result.stderr.trim()}` : ''}`,
      hint: gitHint({ stage })(withoutSecrets(result)) ?? `on that host: git ls-remote ${url}`,
    }
  }
  const commit = parseCommit(result.stdout, ref)
  return 'error' in commit ? commit : { sha: commit.sha, time: undefined }
}
